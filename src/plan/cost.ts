import { AWS_PRICES, type AwsPrices } from '../domain/prices/aws.ts'
import type { SynthesizedStack } from './synthesis-diff.ts'

/** What the stacks of an environment cost as long as they stand. */
export interface CostEstimate {
  /** US dollars a month of 730 hours, of what has a price. */
  readonly monthly: number
  /** How many resources that is. */
  readonly priced: number
  /** Types that cost something and have no price here, sorted. */
  readonly unpriced: readonly string[]
  readonly region: string
  readonly asOf: string
}

const HOURS = 730

type Body = Readonly<Record<string, unknown>>

/** Dollars an hour, or undefined where there is none to tell. */
type Price = (body: Body, prices: AwsPrices) => number | undefined

const PRICES: Readonly<Record<string, Price>> = {
  aws_db_instance: (
    { instance_class: size, multi_az: twice, allocated_storage: space, storage_type: kind },
    prices,
  ) => {
    const server =
      typeof size === 'string' && Object.hasOwn(prices.database, size) ? prices.database[size] : undefined
    if (server === undefined || typeof space !== 'number' || kind !== 'gp3') return undefined
    // The other zone has a server and a disk of its own.
    return (server + (space * prices.databaseStorage) / HOURS) * (twice === true ? 2 : 1)
  },
  aws_lb: ({ load_balancer_type: kind }, prices) =>
    kind === 'application' ? prices.loadBalancer : undefined,
  aws_nat_gateway: (_, prices) => prices.natGateway,
}

/** Types that are paid by the hour or by use, beside those above. */
const COSTLY: ReadonlySet<string> = new Set([
  'aws_batch_compute_environment',
  'aws_cloudwatch_log_group',
  'aws_dynamodb_table',
  'aws_ecr_repository',
  'aws_ecs_service',
  'aws_eip',
  'aws_elasticache_replication_group',
  'aws_lambda_function',
  'aws_launch_template',
  'aws_s3_bucket',
  'aws_sqs_queue',
])

/**
 * A monthly estimate from the dated table of list prices; undefined where the region has none. Capacity, requests, traffic,
 * discounts and taxes are not in it: it is the least that an environment costs.
 */
export function costOf(stacks: readonly SynthesizedStack[]): CostEstimate | undefined {
  const region = regionOf(stacks)
  const prices = region !== undefined && Object.hasOwn(AWS_PRICES, region) ? AWS_PRICES[region] : undefined
  if (region === undefined || prices === undefined) return undefined
  let [hourly, priced] = [0, 0]
  const unpriced = new Set<string>()
  for (const { document } of stacks) {
    for (const [type, named] of Object.entries(record(document['resource']))) {
      for (const body of Object.values(record(named))) {
        const price = Object.hasOwn(PRICES, type) ? PRICES[type]?.(record(body), prices) : undefined
        if (price !== undefined) {
          hourly += price
          priced++
        } else if (COSTLY.has(type) || Object.hasOwn(PRICES, type)) unpriced.add(type)
      }
    }
  }
  return { monthly: hourly * HOURS, priced, unpriced: [...unpriced].sort(), region, asOf: prices.asOf }
}

/** The estimate as a sentence for a report. */
export function costText({ monthly, priced, unpriced, region, asOf }: CostEstimate): string {
  const things = priced === 1 ? '1 resource' : `${priced} resources`
  const without = unpriced.length === 0 ? '' : ` Not in it: ${unpriced.join(', ')}.`
  return `At least $${monthly.toFixed(2)} a month for ${things}, at list prices of ${region} of ${asOf}, without use, traffic and discounts.${without}`
}

/** Of AWS; undefined where stacks lie in several. */
function regionOf(stacks: readonly SynthesizedStack[]): string | undefined {
  const regions = stacks.map(({ document }) => {
    const [provider] = list(record(document['provider'])['aws'])
    return record(provider)['region']
  })
  const [first] = regions
  return typeof first === 'string' && regions.every((region) => region === first) ? first : undefined
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

function record(value: unknown): Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : {}
}
