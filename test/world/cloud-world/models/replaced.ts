/**
 * Changes that replace a resource ("Forces new resource" in the pages of the Terraform registry). The bindings do not say it.
 * `*`: everything but tags and what stands after it.
 */
const EVERYWHERE = ['region', 'project', 'location']

const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  aws_acm_certificate: ['domain_name', 'subject_alternative_names', 'validation_method'],
  aws_apigatewayv2_api: ['protocol_type'],
  aws_apigatewayv2_stage: ['name', 'api_id'],
  aws_batch_compute_environment: ['name', 'type'],
  aws_cloudwatch_log_group: ['name', 'name_prefix'],
  aws_cloudwatch_metric_alarm: ['alarm_name'],
  aws_db_instance: [
    'engine',
    'username',
    'db_name',
    'storage_encrypted',
    'kms_key_id',
    'availability_zone',
    'snapshot_identifier',
  ],
  aws_db_parameter_group: ['name', 'family'],
  aws_db_subnet_group: ['name'],
  aws_dynamodb_table: ['name', 'hash_key', 'range_key'],
  aws_ecr_repository: ['name', 'encryption_configuration'],
  aws_ecs_cluster: ['name'],
  aws_ecs_service: ['name', 'cluster', 'launch_type', 'scheduling_strategy'],
  aws_ecs_task_definition: ['*', 'skip_destroy', 'track_latest'],
  aws_elasticache_replication_group: [
    'replication_group_id',
    'at_rest_encryption_enabled',
    'subnet_group_name',
    'port',
  ],
  aws_iam_role: ['name', 'name_prefix', 'path'],
  aws_iam_role_policy: ['name', 'role'],
  aws_lambda_function: ['function_name', 'package_type'],
  aws_launch_template: ['name', 'name_prefix'],
  aws_lb: ['name', 'internal', 'load_balancer_type'],
  aws_lb_listener: ['load_balancer_arn'],
  aws_lb_listener_rule: ['listener_arn'],
  aws_lb_target_group: ['name', 'port', 'protocol', 'vpc_id', 'target_type'],
  aws_nat_gateway: ['allocation_id', 'subnet_id'],
  aws_route53_record: ['name', 'type', 'zone_id'],
  aws_s3_bucket: ['bucket', 'bucket_prefix'],
  aws_secretsmanager_secret: ['name', 'name_prefix'],
  aws_security_group: ['name', 'name_prefix', 'description', 'vpc_id'],
  aws_sns_topic: ['name', 'fifo_topic'],
  aws_sqs_queue: ['name', 'fifo_queue'],
  aws_subnet: ['vpc_id', 'cidr_block', 'availability_zone'],
  aws_vpc: ['cidr_block'],
  aws_vpc_endpoint: ['service_name', 'vpc_id', 'vpc_endpoint_type'],
  google_sql_database_instance: ['name', 'database_version', 'region'],
  google_storage_bucket: ['name'],
  google_pubsub_topic: ['name'],
}

export function replaces(type: string, attribute: string): boolean {
  if (EVERYWHERE.includes(attribute)) return true
  const own = BY_TYPE[type]
  if (own === undefined) return type.startsWith('google_') && attribute === 'name'
  const [first, ...rest] = own
  return first === '*' ? !/^tags/.test(attribute) && !rest.includes(attribute) : own.includes(attribute)
}
