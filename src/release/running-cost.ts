import { AWS_PRICES, type AwsPrices } from '../domain/prices/aws.ts'
import { GCP_PRICES, type GcpPrices } from '../domain/prices/gcp.ts'
import type { Database, Service, System } from '../domain/system/system.ts'
import type { ServiceStatus } from '../providers/ports/services.ts'

/** One thing that is paid for while it stands. */
export interface CostLine {
  readonly what: string
  /** US dollars an hour. */
  readonly hourly: number
}

/** What an environment costs as it runs now. */
export interface RunningCost {
  readonly lines: readonly CostLine[]
  /** What costs something and has no price here. */
  readonly unpriced: readonly string[]
  readonly region: string
  /** Day on which the prices were looked up. */
  readonly asOf: string
}

/** As it is now: services by name, and the databases that are switched off. */
export interface Running {
  readonly statuses: readonly ServiceStatus[]
  readonly stopped: readonly string[]
}

const HOURS = 730
const GIB = 2 ** 30

interface Priced {
  readonly asOf: string
  /** undefined: no price of it. */
  service(service: Service, copies: number): number | undefined
  database(database: Database, on: boolean): number | undefined
  /** What stands beside services and databases. */
  readonly others: readonly CostLine[]
  readonly unpriced: readonly string[]
}

/**
 * The least that an environment costs, from dated tables of list prices: copies that run or are kept warm, servers of databases,
 * load balancer and gateway. Use, traffic, discounts and taxes are not in it. undefined on this machine, and where the region
 * has no prices.
 */
export function runningCost(system: System, { statuses, stopped }: Running): RunningCost | undefined {
  const { cloud, region = '' } = system.environment
  const priced = pricesOf(system)
  if (cloud === 'local' || priced === undefined) return undefined
  const lines: CostLine[] = []
  const unpriced = [...priced.unpriced]
  for (const status of statuses) {
    const service = system.services[status.service]
    if (service === undefined) continue
    const copies = copiesOf(system, service, status)
    if (copies > 0) {
      const what = `${service.name}, ${copies} ${copies === 1 ? 'copy' : 'copies'}`
      const hourly = priced.service(service, copies)
      if (hourly === undefined) unpriced.push(`copies of ${service.name}`)
      else lines.push({ what, hourly })
    }
    if (copies > 0 && cloud === 'gcp' && Object.keys(service.sidecars).length > 0)
      unpriced.push(`sidecars of ${service.name}`)
  }
  for (const database of Object.values(system.databases)) {
    const on = !stopped.includes(database.name)
    const hourly = priced.database(database, on)
    if (hourly === undefined) unpriced.push(`database ${database.name}`)
    else lines.push({ what: `${database.name}, ${on ? 'server and disk' : 'disk alone'}`, hourly })
  }
  for (const kind of ['workers', 'functions', 'caches', 'tables', 'buckets', 'topics'] as const) {
    if (Object.keys(system[kind]).length > 0) unpriced.push(kind)
  }
  return { lines: [...lines, ...priced.others], unpriced, region, asOf: priced.asOf }
}

/** Dollars a month of 730 hours. */
export const monthly = (hourly: number): number => hourly * HOURS

/** Of Cloud Run a service that scales to nothing keeps no copy: what it costs is use. */
function copiesOf({ environment }: System, service: Service, { state, revisions }: ServiceStatus): number {
  if (state === 'paused' || state === 'absent') return 0
  if (environment.cloud === 'gcp' && service.port !== undefined && service.scale.min === 0) return 0
  return revisions.reduce((sum, { desired }) => sum + desired, 0)
}

function pricesOf(system: System): Priced | undefined {
  const { cloud, region = '' } = system.environment
  if (cloud === 'aws') {
    const prices = Object.hasOwn(AWS_PRICES, region) ? AWS_PRICES[region] : undefined
    return prices === undefined ? undefined : onAws(system, prices)
  }
  const prices = Object.hasOwn(GCP_PRICES, region) ? GCP_PRICES[region] : undefined
  return cloud !== 'gcp' || prices === undefined ? undefined : onGcp(system, prices)
}

function onAws({ images, services, environment }: System, prices: AwsPrices): Priced {
  const open = Object.values(services).some((service) => service.public)
  return {
    asOf: prices.asOf,
    service: ({ image, size }, copies) => {
      const built = images[image]
      const isArm =
        built?.kind === 'build' && built.platforms.length === 1 && built.platforms[0] === 'linux/arm64'
      const { cpu, memory } = prices.fargate[isArm ? 'ARM64' : 'X86_64']
      return copies * (size.cpu * cpu + (size.memory / GIB) * memory)
    },
    database: ({ class: size = 'db.t4g.micro', storage, highAvailability }, on) => {
      const server = Object.hasOwn(prices.database, size) ? prices.database[size] : undefined
      if (server === undefined) return undefined
      const disk = ((storage / GIB) * prices.databaseStorage) / HOURS
      // The other zone has a server and a disk of its own.
      return ((on ? server : 0) + disk) * (highAvailability ? 2 : 1)
    },
    others: [
      ...(open ? [{ what: 'load balancer', hourly: prices.loadBalancer }] : []),
      ...(environment.nat === 'single' ? [{ what: 'NAT gateway', hourly: prices.natGateway }] : []),
    ],
    unpriced: environment.nat === 'per-zone' ? ['NAT gateways'] : [],
  }
}

function onGcp({ services, environment }: System, prices: GcpPrices): Priced {
  const { asOf, run, database: sql, forwarding } = prices
  const open = Object.values(services).some((service) => service.public && service.domain !== undefined)
  return {
    asOf,
    service: ({ size }, copies) =>
      run === undefined ? undefined : copies * (size.cpu * run.cpu + (size.memory / GIB) * run.memory),
    database: ({ class: size = 'db-g1-small', storage, highAvailability }, on) => {
      if (sql === undefined) return undefined
      const [, cpu, mib] = /^db-custom-(\d+)-(\d+)$/.exec(size) ?? []
      const custom = Number(cpu) * sql.cpu + (Number(mib) / 1024) * sql.memory
      const server =
        cpu === undefined ? (Object.hasOwn(sql.shared, size) ? sql.shared[size] : undefined) : custom
      if (server === undefined) return undefined
      const disk = ((storage / GIB) * sql.storage) / HOURS
      return ((on ? server : 0) + disk) * (highAvailability ? 2 : 1)
    },
    others: open ? [{ what: 'load balancer', hourly: forwarding }] : [],
    unpriced: environment.nat === 'none' ? [] : ['NAT gateway'],
  }
}
