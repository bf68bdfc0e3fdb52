/**
 * How each type of the stacks is paid; a test holds that none of those which the compiler makes is missing. `fixed`: as long as it
 * is there; `use`: what is stored, carried or asked, and nothing while nothing is; `machines`: while they run; `free`: nothing of its own.
 */
export type Paid = 'fixed' | 'use' | 'machines' | 'free'

const list = (text: string): readonly string[] => text.split(/\s+/).filter((name) => name !== '')

const FIXED = list(`
  aws_cloudwatch_metric_alarm aws_db_instance aws_ecs_service aws_eip aws_elasticache_replication_group aws_lb aws_nat_gateway
  aws_vpc_endpoint
  google_cloud_run_v2_worker_pool google_compute_global_forwarding_rule google_compute_router_nat google_dns_managed_zone
  google_memorystore_instance google_sql_database_instance
`)

const MACHINES = list(`
  aws_batch_compute_environment aws_launch_template google_compute_region_instance_template
`)

const USE = list(`
  aws_apigatewayv2_api aws_cloudwatch_dashboard aws_cloudwatch_log_group aws_dynamodb_table aws_ecr_repository
  aws_ecs_task_definition aws_flow_log aws_lambda_function aws_s3_bucket aws_scheduler_schedule aws_sfn_state_machine aws_sns_topic
  aws_sqs_queue
  google_artifact_registry_repository google_cloud_run_v2_job google_cloud_run_v2_service google_cloudfunctions2_function
  google_compute_global_address google_monitoring_alert_policy google_pubsub_subscription google_pubsub_topic
  google_secret_manager_secret google_secret_manager_secret_version google_storage_bucket
`)

const PAID: ReadonlyMap<string, Paid> = new Map([
  ...FIXED.map((type) => [type, 'fixed'] as const),
  ...MACHINES.map((type) => [type, 'machines'] as const),
  ...USE.map((type) => [type, 'use'] as const),
])

/** Permissions, rules, routes and names cost nothing. Of a type of a team's own nobody knows: undefined. */
export function paidBy(type: string, made: ReadonlySet<string>): Paid | undefined {
  return PAID.get(type) ?? (made.has(type) ? 'free' : undefined)
}

/** All types that are listed here, for the test that compares them with the compiler's. */
export const PAID_TYPES: readonly string[] = [...PAID.keys()]
