/**
 * Resources that hold data, keys or history of their own: their end takes that along (promise R16). Logs count, since they
 * are what is left of an incident. Names are those of the AWS, Google and Google Beta providers.
 */
const STATEFUL: ReadonlySet<string> = new Set([
  'aws_backup_vault',
  'aws_cloudwatch_log_group',
  'aws_cognito_user_pool',
  'aws_db_instance',
  'aws_db_snapshot',
  'aws_docdb_cluster',
  'aws_dynamodb_global_table',
  'aws_dynamodb_table',
  'aws_ebs_snapshot',
  'aws_ebs_volume',
  'aws_ecr_repository',
  'aws_ecrpublic_repository',
  'aws_efs_file_system',
  'aws_elasticache_cluster',
  'aws_elasticache_replication_group',
  'aws_elasticache_serverless_cache',
  'aws_fsx_lustre_file_system',
  'aws_kinesis_stream',
  'aws_kms_key',
  'aws_memorydb_cluster',
  'aws_msk_cluster',
  'aws_neptune_cluster',
  'aws_opensearch_domain',
  'aws_rds_cluster',
  'aws_rds_cluster_instance',
  'aws_redshift_cluster',
  'aws_route53_zone',
  'aws_s3_bucket',
  'aws_s3_object',
  'aws_sagemaker_feature_group',
  'aws_secretsmanager_secret',
  'aws_sqs_queue',
  'aws_ssm_parameter',
  'aws_timestreamwrite_table',
  'google_alloydb_cluster',
  'google_artifact_registry_repository',
  'google_bigquery_dataset',
  'google_bigquery_table',
  'google_bigtable_instance',
  'google_bigtable_table',
  'google_compute_disk',
  'google_compute_region_disk',
  'google_compute_snapshot',
  'google_dns_managed_zone',
  'google_filestore_instance',
  'google_firestore_database',
  'google_kms_crypto_key',
  'google_kms_key_ring',
  'google_logging_project_bucket_config',
  'google_memorystore_instance',
  'google_pubsub_subscription',
  'google_redis_cluster',
  'google_redis_instance',
  'google_secret_manager_secret',
  'google_secret_manager_secret_version',
  'google_spanner_database',
  'google_spanner_instance',
  'google_sql_database',
  'google_sql_database_instance',
  'google_storage_bucket',
  'google_storage_bucket_object',
  'google_vertex_ai_featurestore',
])

export function isStateful(type: string): boolean {
  return STATEFUL.has(type)
}

/** Attributes that protect data, and the value that does; any other value, once this one stood there, gives it up. */
const PROTECTION: Readonly<Record<string, boolean>> = {
  deletion_protection: true,
  deletion_protection_enabled: true,
  force_delete: false,
  force_destroy: false,
  prevent_destroy: true,
  skip_destroy: true,
  skip_final_snapshot: false,
}

/** The attributes whose change takes protection away; a value that is only known later may do so as well. */
export function unprotectedBy(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries(PROTECTION)
    .filter(([name, safe]) => before[name] === safe && after[name] !== safe)
    .map(([name]) => name)
}
