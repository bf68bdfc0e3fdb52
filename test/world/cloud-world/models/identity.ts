import { createHash } from 'node:crypto'
import type { Attributes, Value } from '../value.ts'

/** How the cloud names what it makes. `{hex17}` is that many digits of a hash, any other word an attribute. */
export interface Identity {
  readonly id: string
  readonly arn?: string
  /** What tells two of them apart, where that is more than the id. */
  readonly key?: string
  /** A second creation replaces: the API call is a Put. Otherwise it is refused. */
  readonly put?: true
}

const ec2 = (prefix: string, kind: string): Identity => ({
  id: `${prefix}-{hex17}`,
  arn: `arn:aws:ec2:{region}:{account}:${kind}/{id}`,
})
const named = (service: string, kind: string): Identity => ({
  id: '{name}',
  arn: `arn:aws:${service}:{region}:{account}:${kind}{name}`,
})
const OF_BUCKET: Identity = { id: '{bucket}', put: true }
const google = (path: string): Identity => ({ id: `projects/{project}/${path}` })
const member = (on: string): Identity => ({ id: `${on}/{role}/{member}`, put: true })

/** https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html */
const IDENTITIES: Readonly<Record<string, Identity>> = {
  aws_acm_certificate: { id: '{arn}', arn: 'arn:aws:acm:{region}:{account}:certificate/{uuid}' },
  aws_acm_certificate_validation: { id: '{certificate_arn}', put: true },
  aws_apigatewayv2_api: { id: '{hex10}', arn: 'arn:aws:apigateway:{region}::/apis/{id}' },
  aws_apigatewayv2_api_mapping: { id: '{hex6}' },
  aws_apigatewayv2_domain_name: {
    id: '{domain_name}',
    arn: 'arn:aws:apigateway:{region}::/domainnames/{domain_name}',
  },
  aws_apigatewayv2_integration: { id: '{hex7}' },
  aws_apigatewayv2_route: { id: '{hex7}' },
  aws_apigatewayv2_stage: {
    id: '{name}',
    key: '{api_id}/{name}',
    arn: 'arn:aws:apigateway:{region}::/apis/{api_id}/stages/{name}',
  },
  aws_appautoscaling_policy: {
    id: '{name}',
    key: '{resource_id}/{name}',
    arn: 'arn:aws:autoscaling:{region}:{account}:scalingPolicy:{uuid}:resource/{service_namespace}/{resource_id}:policyName/{name}',
  },
  aws_appautoscaling_target: {
    id: '{resource_id}',
    key: '{resource_id}/{scalable_dimension}',
    arn: 'arn:aws:application-autoscaling:{region}:{account}:scalable-target/{hex20}',
  },
  aws_batch_compute_environment: {
    id: '{name}',
    arn: 'arn:aws:batch:{region}:{account}:compute-environment/{name}',
  },
  aws_batch_job_definition: {
    id: '{arn}',
    arn: 'arn:aws:batch:{region}:{account}:job-definition/{name}:{revision}',
  },
  aws_batch_job_queue: { id: '{arn}', arn: 'arn:aws:batch:{region}:{account}:job-queue/{name}' },
  aws_cloudwatch_dashboard: {
    id: '{dashboard_name}',
    arn: 'arn:aws:cloudwatch::{account}:dashboard/{dashboard_name}',
  },
  aws_cloudwatch_log_group: named('logs', 'log-group:'),
  aws_cloudwatch_metric_alarm: {
    id: '{alarm_name}',
    arn: 'arn:aws:cloudwatch:{region}:{account}:alarm:{alarm_name}',
  },
  aws_db_instance: {
    id: 'db-{HEX26}',
    arn: 'arn:aws:rds:{region}:{account}:db:{identifier}',
    key: '{identifier}',
  },
  aws_db_parameter_group: named('rds', 'pg:'),
  aws_db_subnet_group: named('rds', 'subgrp:'),
  aws_default_security_group: {
    id: '{adopted}',
    arn: 'arn:aws:ec2:{region}:{account}:security-group/{id}',
    put: true,
  },
  aws_dynamodb_table: named('dynamodb', 'table/'),
  aws_ecr_lifecycle_policy: { id: '{repository}', put: true },
  aws_ecr_repository: named('ecr', 'repository/'),
  aws_ecs_cluster: { id: '{arn}', arn: 'arn:aws:ecs:{region}:{account}:cluster/{name}' },
  aws_ecs_service: { id: '{arn}', arn: 'arn:aws:ecs:{region}:{account}:service/{clusterName}/{name}' },
  aws_ecs_task_definition: {
    id: '{family}',
    key: '{arn}',
    arn: 'arn:aws:ecs:{region}:{account}:task-definition/{family}:{revision}',
  },
  aws_eip: ec2('eipalloc', 'elastic-ip'),
  aws_elasticache_replication_group: {
    id: '{replication_group_id}',
    arn: 'arn:aws:elasticache:{region}:{account}:replicationgroup:{replication_group_id}',
  },
  aws_elasticache_subnet_group: named('elasticache', 'subnetgroup:'),
  aws_iam_instance_profile: { id: '{name}', arn: 'arn:aws:iam::{account}:instance-profile/{name}' },
  aws_iam_openid_connect_provider: { id: '{arn}', arn: 'arn:aws:iam::{account}:oidc-provider/{host}' },
  aws_iam_role: { id: '{name}', arn: 'arn:aws:iam::{account}:role/{name}' },
  aws_iam_role_policy: { id: '{role}:{name}', put: true },
  aws_internet_gateway: ec2('igw', 'internet-gateway'),
  aws_lambda_alias: {
    id: '{arn}',
    arn: 'arn:aws:lambda:{region}:{account}:function:{function}:{name}',
  },
  aws_lambda_event_source_mapping: {
    id: '{uuid}',
    arn: 'arn:aws:lambda:{region}:{account}:event-source-mapping:{id}',
  },
  aws_lambda_function: {
    id: '{function_name}',
    arn: 'arn:aws:lambda:{region}:{account}:function:{function_name}',
  },
  aws_lambda_permission: { id: '{statement_id}', key: '{function_name}/{statement_id}' },
  aws_launch_template: ec2('lt', 'launch-template'),
  aws_lb: {
    id: '{arn}',
    key: '{name}',
    arn: 'arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{hex16}',
  },
  aws_lb_listener: { id: '{arn}', arn: '{load_balancer_arn|loadbalancer>listener}/{hex16}' },
  aws_lb_listener_rule: { id: '{arn}', arn: '{listener_arn|listener>listener-rule}/{hex16}' },
  aws_lb_target_group: {
    id: '{arn}',
    key: '{name}',
    arn: 'arn:aws:elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex16}',
  },
  aws_nat_gateway: ec2('nat', 'natgateway'),
  aws_route: { id: 'r-{route_table_id}{hex10}' },
  aws_route53_record: { id: '{zone_id}_{name}_{type}' },
  aws_route_table: ec2('rtb', 'route-table'),
  aws_route_table_association: { id: 'rtbassoc-{hex17}' },
  aws_s3_bucket: { id: '{bucket}', arn: 'arn:aws:s3:::{bucket}' },
  aws_s3_bucket_lifecycle_configuration: OF_BUCKET,
  aws_s3_bucket_ownership_controls: OF_BUCKET,
  aws_s3_bucket_policy: OF_BUCKET,
  aws_s3_bucket_public_access_block: OF_BUCKET,
  aws_s3_bucket_server_side_encryption_configuration: OF_BUCKET,
  aws_s3_bucket_versioning: OF_BUCKET,
  aws_scheduler_schedule: {
    id: '{group_name}/{name}',
    arn: 'arn:aws:scheduler:{region}:{account}:schedule/{group_name}/{name}',
  },
  aws_secretsmanager_secret: {
    id: '{arn}',
    key: '{name}',
    arn: 'arn:aws:secretsmanager:{region}:{account}:secret:{name}-{hex6}',
  },
  aws_secretsmanager_secret_rotation: { id: '{secret_id}', put: true },
  aws_security_group: ec2('sg', 'security-group'),
  aws_service_discovery_http_namespace: {
    id: 'ns-{hex16}',
    arn: 'arn:aws:servicediscovery:{region}:{account}:namespace/{id}',
  },
  aws_sfn_state_machine: { id: '{arn}', arn: 'arn:aws:states:{region}:{account}:stateMachine:{name}' },
  aws_sns_topic: { id: '{arn}', arn: 'arn:aws:sns:{region}:{account}:{name}' },
  aws_sns_topic_subscription: { id: '{arn}', arn: '{topic_arn}:{uuid}' },
  aws_sqs_queue: {
    id: 'https://sqs.{region}.amazonaws.com/{account}/{name}',
    arn: 'arn:aws:sqs:{region}:{account}:{name}',
  },
  aws_sqs_queue_policy: { id: '{queue_url}', put: true },
  aws_subnet: ec2('subnet', 'subnet'),
  aws_vpc: ec2('vpc', 'vpc'),
  aws_vpc_endpoint: ec2('vpce', 'vpc-endpoint'),
  aws_vpc_security_group_egress_rule: ec2('sgr', 'security-group-rule'),
  aws_vpc_security_group_ingress_rule: ec2('sgr', 'security-group-rule'),
  // https://cloud.google.com/apis/design/resource_names
  google_artifact_registry_repository: google('locations/{location}/repositories/{repository_id}'),
  google_artifact_registry_repository_iam_member: member('{repository}'),
  google_cloud_run_v2_job: google('locations/{location}/jobs/{name}'),
  google_cloud_run_v2_service: google('locations/{location}/services/{name}'),
  google_cloud_run_v2_service_iam_member: member('{name}'),
  google_cloud_run_v2_worker_pool: google('locations/{location}/workerPools/{name}'),
  google_cloudfunctions2_function: google('locations/{location}/functions/{name}'),
  google_compute_firewall: google('global/firewalls/{name}'),
  google_compute_global_address: google('global/addresses/{name}'),
  google_compute_network: google('global/networks/{name}'),
  google_compute_subnetwork: google('regions/{region}/subnetworks/{name}'),
  google_dns_managed_zone: google('managedZones/{name}'),
  google_dns_record_set: google('managedZones/{managed_zone}/rrsets/{name}/{type}'),
  google_project_iam_member: member('{project}'),
  google_project_service: { id: '{project}/{service}', put: true },
  google_pubsub_subscription: google('subscriptions/{name}'),
  google_pubsub_topic: google('topics/{name}'),
  google_secret_manager_secret: google('secrets/{secret_id}'),
  google_secret_manager_secret_version: { id: '{secret}/versions/{revision}' },
  google_service_account: google('serviceAccounts/{account_id}@{project}.iam.gserviceaccount.com'),
  google_sql_database: google('instances/{instance}/databases/{name}'),
  google_sql_database_instance: { id: '{name}' },
  google_sql_user: { id: '{name}//{instance}' },
  google_storage_bucket: { id: '{name}' },
  google_storage_bucket_object: { id: '{bucket}-{name}', put: true },
}

/** A type that is not in the table is known by its name, or by a hash where it has none. */
export function identityOf(type: string, attributes: Attributes): Identity {
  const known = IDENTITIES[type]
  if (known !== undefined) return known
  if (type.endsWith('_iam_member') || type.endsWith('_iam_binding')) return { id: '{hex20}', put: true }
  const name = typeof attributes['name'] === 'string' ? '{name}' : '{hex17}'
  if (type.startsWith('google_')) return google(`${type.replace(/^google_/, '')}/${name}`)
  return {
    id: name,
    arn: `arn:aws:${type.split('_')[1] ?? ''}:{region}:{account}:${type.split('_').slice(2).join('-')}/${name}`,
  }
}

/** The words of a template, each looked up once. `{a|x>y}` replaces the first x in a by y. */
export function say(template: string, word: (name: string) => Value | undefined, seed: string): string {
  return template.replace(
    /\{([^}|]+)(?:\|([^>]+)>([^}]+))?\}/g,
    (_, name: string, from?: string, to?: string) => {
      const digits = /^(hex|HEX)(\d+)$/.exec(name)
      if (digits !== null) {
        const text = hash(seed, Number(digits[2]))
        return digits[1] === 'HEX' ? text.toUpperCase() : text
      }
      if (name === 'uuid') return uuid(seed)
      const value = word(name)
      const text = typeof value === 'string' || typeof value === 'number' ? String(value) : ''
      return from === undefined ? text : text.replace(from, to ?? '')
    },
  )
}

export const hash = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)

/** The form of RFC 9562, version 4, of a hash. */
export function uuid(seed: string): string {
  const hex = hash(seed, 32)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-')
}
