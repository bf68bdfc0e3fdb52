import { TASK_PLACING } from '../jobs/ecs-tasks.ts'
import type { Size } from '../system/container.ts'
import { AWS_PRICES } from './aws.ts'
import { GCP_PRICES } from './gcp.ts'

/** What an hour of one attempt of a step costs at most, everything that it runs on together. */
export interface Rate {
  /** US dollars; undefined where a price is not known. */
  readonly hourly: number | undefined
  /** What it is the price of, for people. */
  readonly of: string
  /** Milliseconds that are paid beside an attempt's own time: absent where there are none. */
  readonly beside?: number
}

const GIB = 2 ** 30
/** Milliseconds: fifteen looks, one a minute, and the draining and ending that follow. */
const LINGERS = 20 * 60_000

/**
 * A machine of EC2 of any of these types, or several: the dearest counts. Spot capacity never costs more, because EC2 caps its price
 * there. `containers` at once have one each at worst.
 */
export function machineRate(region: string, machines: readonly string[], containers = 1): Rate {
  const { machine: table = {}, burst = 0 } = AWS_PRICES[region] ?? {}
  return dearest(machines, region, containers, (type) =>
    priceOf(table, type, type.startsWith('t3.') ? burst : 0),
  )
}

/**
 * A machine that ECS starts for a task: it is there while the task is placed and its image pulled, and ECS takes it away a quarter of
 * an hour after the task's end, once its minute-by-minute look has found fifteen without one.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html
 */
export function taskMachineRate(region: string, machine: string): Rate {
  return { ...machineRate(region, [machine]), beside: TASK_PLACING + LINGERS }
}

/** A task on Fargate. On which processor is the image's to say, so the dearer one counts. */
export function fargateRate(region: string, size: Size): Rate {
  const prices = AWS_PRICES[region]?.fargate
  const of = `Fargate with ${sizeText(size)} in ${region}`
  if (prices === undefined) return { hourly: undefined, of }
  return { hourly: Math.max(...Object.values(prices).map((one) => sized(one, size))), of }
}

/** Machines of training jobs of SageMaker, spot or not: managed spot costs no more. */
export function trainingRate(region: string, machine: string, count: number): Rate {
  const table = AWS_PRICES[region]?.training ?? {}
  return dearest([machine], region, count, (type) => priceOf(table, type))
}

/** A task of Cloud Run, with L4s without zonal redundancy, as the stacks ask for them. */
export function runRate(location: string, size: Size, gpu: number): Rate {
  const prices = GCP_PRICES[location]?.run
  const each = gpu === 0 ? 0 : prices?.gpu
  const of = `Cloud Run with ${sizeText(size)}${gpu === 0 ? '' : ` and ${gpu} GPU`} in ${location}`
  return {
    hourly: prices === undefined || each === undefined ? undefined : sized(prices, size) + gpu * each,
    of,
  }
}

/** Machines of a custom job of Vertex AI. */
export function vertexRate(location: string, machine: string, count: number): Rate {
  const table = GCP_PRICES[location]?.training ?? {}
  return dearest([machine], location, count, (type) => priceOf(table, type))
}

function dearest(
  types: readonly string[],
  place: string,
  count: number,
  price: (type: string) => number | undefined,
): Rate {
  const prices = types.map(price)
  const unknown = types.filter((_, index) => prices[index] === undefined)
  const known = prices.filter((one) => one !== undefined)
  const of = `${count === 1 ? '' : `${count} x `}${(unknown.length > 0 ? unknown : types).join(' or ')} in ${place}`
  if (unknown.length > 0 || known.length === 0) return { hourly: undefined, of }
  return { hourly: Math.max(...known) * count, of }
}

function priceOf(table: Readonly<Record<string, number>>, type: string, more = 0): number | undefined {
  return Object.hasOwn(table, type) ? (table[type] ?? 0) + more : undefined
}

const sized = (price: { readonly cpu: number; readonly memory: number }, { cpu, memory }: Size): number =>
  price.cpu * cpu + price.memory * (memory / GIB)

const sizeText = ({ cpu, memory }: Size): string => `${cpu} vCPU and ${memory / GIB} GiB`
