import { type Attributes, isList, isObject, textOf, type Value } from '../value.ts'
import type { CloudWorld } from '../world.ts'
import { hash } from './identity.ts'

/** What a model may look at to say what the cloud fills in. */
export interface Made {
  readonly world: CloudWorld
  readonly type: string
  readonly id: string
  readonly arn: string
  /** As planned; what is unknown is still unknown. */
  readonly planned: Attributes
  readonly region: string
  readonly account: string
  readonly project: string
  /** Gives this resource the same digits every time. */
  readonly seed: string
}

/** Values of the cloud by the type that has them. Each is a fact of the page that it cites in ../README.md. */
export const COMPUTED: Readonly<Record<string, (made: Made) => Attributes>> = {
  aws_vpc: ({ account, seed }) => ({
    owner_id: account,
    main_route_table_id: `rtb-${hash(`${seed} main`, 17)}`,
    default_route_table_id: `rtb-${hash(`${seed} main`, 17)}`,
    default_network_acl_id: `acl-${hash(`${seed} acl`, 17)}`,
    default_security_group_id: `sg-${hash(`${seed} default`, 17)}`,
    dhcp_options_id: `dopt-${hash(`${seed} dhcp`, 17)}`,
  }),
  aws_subnet: ({ planned }) => ({ availability_zone_id: zoneId(textOf(planned['availability_zone']) ?? '') }),
  aws_lb: ({ arn, planned, region, seed, world }) => ({
    arn_suffix: arn.split('loadbalancer/')[1] ?? '',
    dns_name: `${planned['internal'] === true ? 'internal-' : ''}${textOf(planned['name']) ?? ''}-${Number.parseInt(hash(seed, 8), 16)}.${region}.elb.amazonaws.com`,
    zone_id: 'Z35SXDOTRQ7X7K',
    vpc_id: world.store.get('aws_subnet', firstText(planned['subnets']) ?? '')?.attributes['vpc_id'] ?? '',
  }),
  aws_lb_target_group: ({ arn }) => ({ arn_suffix: arn.split(':').at(-1) ?? '', load_balancer_arns: [] }),
  aws_ecs_task_definition: ({ arn }) => ({ arn_without_revision: arn.replace(/:\d+$/, '') }),
  aws_ecr_repository: ({ planned, account, region }) => ({
    registry_id: account,
    repository_url: `${account}.dkr.ecr.${region}.amazonaws.com/${textOf(planned['name']) ?? ''}`,
  }),
  aws_s3_bucket: ({ id, region }) => ({
    bucket_domain_name: `${id}.s3.amazonaws.com`,
    bucket_regional_domain_name: `${id}.s3.${region}.amazonaws.com`,
    bucket_region: region,
    hosted_zone_id: 'Z3AQBSTGFYJSTF',
  }),
  aws_db_instance: database,
  aws_db_subnet_group: ({ planned, world }) => ({
    vpc_id: world.store.get('aws_subnet', firstText(planned['subnet_ids']) ?? '')?.attributes['vpc_id'] ?? '',
  }),
  aws_acm_certificate: ({ planned, seed }) => ({
    status: 'ISSUED',
    type: 'AMAZON_ISSUED',
    subject_alternative_names: [textOf(planned['domain_name']) ?? ''],
    domain_validation_options: [
      ...new Set([planned['domain_name'], ...listOf(planned['subject_alternative_names'])]),
    ].flatMap((domain) =>
      typeof domain === 'string'
        ? [
            {
              domain_name: domain,
              resource_record_name: `_${hash(`${seed} name`, 32)}.${domain.replace(/^\*\./, '')}.`,
              resource_record_type: 'CNAME',
              resource_record_value: `_${hash(`${seed} value`, 32)}.acm-validations.aws.`,
            },
          ]
        : [],
    ),
  }),
  aws_route53_record: ({ planned }) => ({ fqdn: textOf(planned['name']) ?? '' }),
  aws_cloudwatch_dashboard: ({ arn }) => ({ dashboard_arn: arn }),
  aws_service_discovery_http_namespace: ({ planned }) => ({ http_name: textOf(planned['name']) ?? '' }),
  aws_secretsmanager_secret_rotation: () => ({ rotation_enabled: true }),
  aws_vpc_security_group_ingress_rule: ({ id }) => ({ security_group_rule_id: id }),
  aws_vpc_security_group_egress_rule: ({ id }) => ({ security_group_rule_id: id }),
  aws_eip: ({ id, seed }) => ({
    allocation_id: id,
    public_ip: `203.0.113.${Number.parseInt(hash(seed, 2), 16)}`,
    domain: 'vpc',
  }),
  aws_launch_template: () => ({ latest_version: 1, default_version: 1 }),
  aws_route: () => ({ origin: 'CreateRoute', state: 'active' }),
  aws_vpc_endpoint: ({ account }) => ({ owner_id: account, state: 'available' }),
  aws_iam_role: ({ seed }) => ({ unique_id: `AROA${hash(seed, 17).toUpperCase()}` }),
  aws_lambda_function: ({ arn, region, planned }) => ({
    version: planned['publish'] === true ? '1' : '$LATEST',
    qualified_arn: `${arn}:${planned['publish'] === true ? '1' : '$LATEST'}`,
    invoke_arn: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
    architectures: ['x86_64'],
  }),
  aws_lambda_alias: ({ arn, region }) => ({
    invoke_arn: `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`,
  }),
  aws_lambda_event_source_mapping: ({ id }) => ({ uuid: id, state: 'Enabled' }),
  aws_apigatewayv2_api: ({ id, account, region }) => ({
    api_endpoint: `https://${id}.execute-api.${region}.amazonaws.com`,
    execution_arn: `arn:aws:execute-api:${region}:${account}:${id}`,
  }),
  aws_apigatewayv2_stage: ({ planned, account, region }) => {
    const api = textOf(planned['api_id']) ?? ''
    const name = textOf(planned['name']) ?? ''
    return {
      invoke_url: `https://${api}.execute-api.${region}.amazonaws.com/${name === '$default' ? '' : name}`,
      execution_arn: `arn:aws:execute-api:${region}:${account}:${api}/${name}`,
    }
  },
  aws_sqs_queue: ({ id }) => ({ url: id }),
  aws_sns_topic: ({ account }) => ({ owner: account }),
  aws_elasticache_replication_group: ({ id, region, seed }) => ({
    primary_endpoint_address: `master.${id}.${hash(seed, 6)}.use1.cache.amazonaws.com`,
    reader_endpoint_address: `replica.${id}.${hash(seed, 6)}.use1.cache.amazonaws.com`,
    configuration_endpoint_address: `clustercfg.${id}.${hash(seed, 6)}.${region}.cache.amazonaws.com`,
  }),
  google_service_account: ({ planned, project }) => {
    const email = `${textOf(planned['account_id']) ?? ''}@${project}.iam.gserviceaccount.com`
    return { email, member: `serviceAccount:${email}`, name: `projects/${project}/serviceAccounts/${email}` }
  },
  google_cloud_run_v2_service: ({ planned, seed }) => ({
    uri: `https://${textOf(planned['name']) ?? ''}-${hash(seed, 10)}-uc.a.run.app`,
  }),
  google_storage_bucket: ({ planned }) => ({ url: `gs://${textOf(planned['name']) ?? ''}` }),
  // https://cloud.google.com/certificate-manager/docs/reference/certificate-manager/rest/v1/projects.locations.dnsAuthorizations
  google_certificate_manager_dns_authorization: ({ planned, seed }) => ({
    dns_resource_record: [
      {
        name: `_acme-challenge.${textOf(planned['domain']) ?? ''}.`,
        type: 'CNAME',
        data: `${hash(seed, 8)}.authorize.certificatemanager.goog.`,
      },
    ],
  }),
  // https://cloud.google.com/memorystore/docs/valkey/reference/rest/v1/projects.locations.instances
  google_memorystore_instance: ({ planned, project, region, seed }) => {
    const place = `projects/${project}/regions/${region}`
    const endpoint = {
      connection_type: 'CONNECTION_TYPE_DISCOVERY',
      forwarding_rule: `${place}/forwardingRules/sca-auto-fr-${hash(seed, 8)}`,
      ip_address: `10.1.0.${Number.parseInt(hash(seed, 2), 16)}`,
      network: networkOf(planned['desired_auto_created_endpoints']),
      port: 6379,
      project_id: project,
      psc_connection_id: hash(seed, 16),
      service_attachment: `${place}/serviceAttachments/gcp-memorystore-auto-${hash(seed, 8)}`,
    }
    return {
      endpoints: [{ connections: [{ psc_auto_connection: [endpoint] }] }],
      managed_server_ca: [{ ca_certs: [{ certificates: [`certificate ${hash(seed, 8)}`] }] }],
    }
  },
  google_sql_database_instance: ({ planned, project, seed }) => {
    const name = textOf(planned['name']) ?? ''
    return {
      connection_name: `${project}:${textOf(planned['region']) ?? ''}:${name}`,
      private_ip_address: `10.0.0.${Number.parseInt(hash(seed, 2), 16)}`,
      first_ip_address: `10.0.0.${Number.parseInt(hash(seed, 2), 16)}`,
    }
  },
}

function networkOf(endpoints: Value | undefined): string {
  const [first] = listOf(endpoints)
  return (isObject(first) ? textOf(first['network']) : undefined) ?? ''
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html */
function database({ planned, id, account, region, seed }: Made): Attributes {
  const identifier = textOf(planned['identifier']) ?? ''
  const address = `${identifier}.c${hash(seed, 11)}.${region}.rds.amazonaws.com`
  const given = planned['port']
  const port =
    typeof given === 'number' ? given : textOf(planned['engine'])?.startsWith('postgres') ? 5432 : 3306
  const managed = planned['manage_master_user_password'] === true
  return {
    address,
    port,
    endpoint: `${address}:${port}`,
    hosted_zone_id: 'Z2R2ITUGPM61AM',
    resource_id: id,
    status: 'available',
    engine_version_actual: textOf(planned['engine_version']) ?? '',
    master_user_secret: managed
      ? [
          {
            kms_key_id: `arn:aws:kms:${region}:${account}:key/aws-secretsmanager`,
            secret_arn: `arn:aws:secretsmanager:${region}:${account}:secret:rds!${id}-${hash(seed, 6)}`,
            secret_status: 'active',
          },
        ]
      : [],
  }
}

const listOf = (value: Value | undefined): readonly Value[] => (isList(value) ? value : [])
const firstText = (value: Value | undefined): string | undefined => textOf(listOf(value)[0])

/** `us-east-1a` -> `use1-az1`. */
function zoneId(zone: string): string {
  const [area = '', direction = '', rest = ''] = zone.split('-')
  const letter = rest.slice(-1)
  return `${area}${direction.charAt(0)}${rest.slice(0, -1)}-az${letter.charCodeAt(0) - 96}`
}

/** Labels that a provider adds by itself, known as soon as they are planned. */
export function tagsOf(planned: Attributes, standard: Attributes): Attributes {
  const own = isObject(planned['tags'])
    ? planned['tags']
    : isObject(planned['labels'])
      ? planned['labels']
      : {}
  return { ...standard, ...own }
}
