import type { AwsPrices } from '../../domain/prices/aws.ts'
import { block, list, named, number, type Resource, refersTo } from './stack.ts'

/** Hours of a month. */
export const HOURS = 730

/** Dollars a month, or undefined where nobody knows. */
type Monthly = (resource: Resource, prices: AwsPrices) => number | undefined

/** What stands there around the clock, by type. */
export const AWS_MONTHLY: Readonly<Record<string, Monthly>> = {
  aws_cloudwatch_metric_alarm: (_, { alarm }) => alarm,
  aws_db_instance: database,
  aws_ecs_service: service,
  aws_eip: (_, { address }) => address * HOURS,
  aws_elasticache_replication_group: cache,
  aws_lb: ({ body }, { loadBalancer }) =>
    body['load_balancer_type'] === 'application' ? loadBalancer * HOURS : undefined,
  aws_nat_gateway: (_, { natGateway }) => natGateway * HOURS,
  aws_vpc_endpoint: ({ body }, { endpoint }) => {
    const kind = body['vpc_endpoint_type']
    // Those of S3 and DynamoDB are gateways, and free.
    if (kind === undefined || kind === 'Gateway') return 0
    return kind === 'Interface' ? Math.max(1, list(body['subnet_ids']).length) * endpoint * HOURS : undefined
  },
}

/** Types of EC2 machines that a resource starts when there is work. */
export function machinesOf({ type, body }: Resource): readonly unknown[] {
  switch (type) {
    case 'aws_launch_template':
      return body['instance_type'] === undefined ? [] : [body['instance_type']]
    case 'aws_batch_compute_environment':
      return list(block(body['compute_resources'])['instance_type'])
    default:
      return []
  }
}

function database({ body }: Resource, prices: AwsPrices): number | undefined {
  const server = named(prices.database, body['instance_class'])
  const space = number(body['allocated_storage'])
  if (server === undefined || space === undefined || body['storage_type'] !== 'gp3') return undefined
  // The other zone has a server and a disk of its own.
  return (server * HOURS + space * prices.databaseStorage) * (body['multi_az'] === true ? 2 : 1)
}

function cache({ body }: Resource, prices: AwsPrices): number | undefined {
  const node = body['engine'] === 'valkey' ? named(prices.cache, body['node_type']) : undefined
  if (node === undefined) return undefined
  const shards = number(body['num_node_groups'])
  const nodes =
    shards === undefined
      ? (number(body['num_cache_clusters']) ?? 1)
      : shards * (1 + (number(body['replicas_per_node_group']) ?? 0))
  return node * nodes * HOURS
}

/**
 * The least number of its tasks. Stacks begin with none, since rollouts start them: then as many as it is scaled down to, or one.
 */
function service(resource: Resource, prices: AwsPrices): number | undefined {
  const { body, others } = resource
  const task = others.find(
    (other) => other.type === 'aws_ecs_task_definition' && refersTo(body['task_definition'], other),
  )
  const cpu = number(task?.body['cpu'])
  const memory = number(task?.body['memory'])
  if (task === undefined || cpu === undefined || memory === undefined || body['launch_type'] !== 'FARGATE')
    return undefined
  const scaled = others.find(
    (other) => other.type === 'aws_appautoscaling_target' && refersTo(other.body['resource_id'], resource),
  )
  const copies = number(scaled?.body['min_capacity']) ?? Math.max(1, number(body['desired_count']) ?? 1)
  const architecture = block(task.body['runtime_platform'])['cpu_architecture']
  const { cpu: core, memory: gigabyte } = prices.fargate[architecture === 'ARM64' ? 'ARM64' : 'X86_64']
  // Units of 1/1024 vCPU, and MiB.
  return copies * ((cpu / 1024) * core + (memory / 1024) * gigabyte) * HOURS
}
