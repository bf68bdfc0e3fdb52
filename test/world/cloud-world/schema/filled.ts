import type { Attribute, Body, Schema } from './schema.ts'

/**
 * Optional attributes that the cloud fills in where the configuration leaves them out ("Optional, Computed" in the pages of the
 * Terraform registry). The bindings do not say it, so it is said here: for every type, and for some.
 */
const EVERYWHERE = ['id', 'region', 'tags_all', 'project', 'name_prefix']

const BY_TYPE: Readonly<Record<string, readonly string[]>> = {
  aws_acm_certificate: ['domain_name', 'key_algorithm', 'subject_alternative_names', 'validation_method'],
  aws_apigatewayv2_api: ['version'],
  aws_apigatewayv2_integration: ['connection_type', 'payload_format_version', 'timeout_milliseconds'],
  aws_apigatewayv2_stage: ['deployment_id'],
  aws_appautoscaling_target: ['role_arn'],
  aws_batch_compute_environment: ['name', 'service_role'],
  aws_batch_job_definition: ['container_properties'],
  aws_cloudwatch_log_group: ['name', 'log_group_class'],
  aws_cloudwatch_metric_alarm: ['evaluate_low_sample_count_percentiles'],
  aws_db_instance: [
    'allocated_storage',
    'availability_zone',
    'backup_retention_period',
    'backup_target',
    'backup_window',
    'ca_cert_identifier',
    'database_insights_mode',
    'db_name',
    'db_subnet_group_name',
    'engine',
    'engine_lifecycle_support',
    'engine_version',
    'identifier',
    'identifier_prefix',
    'iops',
    'kms_key_id',
    'license_model',
    'maintenance_window',
    'master_user_secret_kms_key_id',
    'monitoring_interval',
    'monitoring_role_arn',
    'multi_az',
    'network_type',
    'option_group_name',
    'parameter_group_name',
    'performance_insights_kms_key_id',
    'performance_insights_retention_period',
    'port',
    'storage_throughput',
    'storage_type',
    'username',
    'vpc_security_group_ids',
  ],
  aws_db_parameter_group: ['name'],
  aws_db_subnet_group: ['name', 'supported_network_types'],
  aws_dynamodb_table: ['read_capacity', 'write_capacity', 'stream_view_type', 'billing_mode'],
  aws_ecs_service: [
    'availability_zone_rebalancing',
    'cluster',
    'iam_role',
    'launch_type',
    'platform_version',
  ],
  aws_ecs_task_definition: ['network_mode'],
  aws_eip: ['domain', 'network_border_group', 'network_interface', 'public_ipv4_pool', 'instance', 'address'],
  aws_elasticache_replication_group: [
    'at_rest_encryption_enabled',
    'auto_minor_version_upgrade',
    'cluster_mode',
    'engine_version',
    'global_replication_group_id',
    'ip_discovery',
    'maintenance_window',
    'network_type',
    'node_type',
    'num_cache_clusters',
    'num_node_groups',
    'parameter_group_name',
    'replicas_per_node_group',
    'security_group_names',
    'snapshot_window',
    'subnet_group_name',
    'transit_encryption_enabled',
    'transit_encryption_mode',
  ],
  aws_iam_instance_profile: ['name', 'role'],
  aws_iam_role: ['name', 'managed_policy_arns'],
  aws_iam_role_policy: ['name'],
  aws_internet_gateway: ['vpc_id'],
  aws_lambda_event_source_mapping: [
    'parallelization_factor',
    'maximum_record_age_in_seconds',
    'maximum_retry_attempts',
  ],
  aws_lambda_function: ['architectures', 's3_object_version', 'source_code_hash'],
  aws_lambda_permission: ['statement_id', 'statement_id_prefix'],
  aws_launch_template: ['default_version', 'name'],
  aws_lb: [
    'name',
    'internal',
    'ip_address_type',
    'security_groups',
    'subnets',
    'enforce_security_group_inbound_rules_on_private_link_traffic',
  ],
  aws_lb_listener: ['port', 'protocol', 'ssl_policy', 'default_action.order'],
  aws_lb_listener_rule: ['priority', 'action.order'],
  aws_lb_target_group: [
    'name',
    'connection_termination',
    'ip_address_type',
    'load_balancing_algorithm_type',
    'load_balancing_anomaly_mitigation',
    'load_balancing_cross_zone_enabled',
    'preserve_client_ip',
    'protocol_version',
    'health_check.matcher',
    'health_check.path',
    'health_check.timeout',
  ],
  aws_nat_gateway: ['private_ip', 'secondary_private_ip_addresses', 'secondary_private_ip_address_count'],
  aws_s3_bucket: [
    'acceleration_status',
    'acl',
    'bucket',
    'bucket_prefix',
    'object_lock_enabled',
    'policy',
    'request_payer',
  ],
  aws_s3_bucket_lifecycle_configuration: ['transition_default_minimum_object_size', 'rule.prefix'],
  aws_scheduler_schedule: ['name', 'group_name'],
  aws_security_group: ['name', 'vpc_id'],
  aws_sns_topic: ['name', 'policy', 'signature_version', 'tracing_config'],
  aws_sqs_queue: [
    'name',
    'policy',
    'kms_data_key_reuse_period_seconds',
    'redrive_policy',
    'redrive_allow_policy',
  ],
  aws_sfn_state_machine: ['name', 'publish'],
  aws_subnet: ['availability_zone', 'availability_zone_id', 'cidr_block'],
  aws_vpc: [
    'cidr_block',
    'enable_dns_hostnames',
    'ipv6_association_id',
    'ipv6_cidr_block',
    'ipv6_cidr_block_network_border_group',
  ],
  aws_vpc_endpoint: [
    'ip_address_type',
    'policy',
    'private_dns_enabled',
    'route_table_ids',
    'security_group_ids',
    'subnet_ids',
  ],
  google_artifact_registry_repository: ['location'],
  google_cloud_run_v2_service: [
    'ingress',
    'launch_stage',
    'template.max_instance_request_concurrency',
    'template.timeout',
  ],
  google_compute_global_address: ['address', 'prefix_length', 'ip_version'],
  google_compute_network: [
    'mtu',
    'routing_mode',
    'network_firewall_policy_enforcement_order',
    'bgp_best_path_selection_mode',
  ],
  google_compute_subnetwork: ['ip_cidr_range', 'private_ip_google_access', 'purpose', 'stack_type'],
  google_project_iam_member: [],
  google_sql_database: ['charset', 'collation'],
  google_sql_database_instance: ['name', 'maintenance_version', 'connection_name'],
  google_storage_bucket: ['rpo', 'public_access_prevention', 'uniform_bucket_level_access'],
}

/** Marks what the cloud fills in. Everything optional of a data source is: it is what was found. */
export function withFilled(schema: Schema, kind: 'resource' | 'data'): Schema {
  const own = new Set([...EVERYWHERE, ...(BY_TYPE[schema.type] ?? [])])
  return { ...schema, body: fill(schema.body, '', (path) => kind === 'data' || own.has(path)) }
}

function fill(body: Body, prefix: string, filled: (path: string) => boolean): Body {
  return {
    attributes: body.attributes.map((attribute): Attribute => {
      const given = attribute.kind === 'plain' && attribute.optional && filled(`${prefix}${attribute.name}`)
      return given ? { ...attribute, computed: true } : attribute
    }),
    blocks: body.blocks.map((block) => {
      // Only what stands at the top is filled in for every type.
      const inner = (path: string): boolean => path.includes('.') && filled(path)
      return { ...block, body: fill(block.body, `${prefix}${block.name}.`, inner) }
    }),
  }
}
