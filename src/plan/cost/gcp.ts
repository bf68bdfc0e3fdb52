import type { GcpPrices } from '../../domain/prices/gcp.ts'
import { HOURS } from './aws.ts'
import { block, named, number, type Resource } from './stack.ts'

type Monthly = (resource: Resource, prices: GcpPrices) => number | undefined

/** What stands there around the clock, by type; forwarding rules are counted together. */
export const GCP_MONTHLY: Readonly<Record<string, Monthly>> = {
  google_compute_global_forwarding_rule: () => 0,
  google_sql_database_instance: database,
}

/** Up to five rules of a project cost as much as one; more are not counted, so that it stays the least. */
export const forwardingOf = (rules: number, { forwarding }: GcpPrices): number =>
  rules === 0 ? 0 : forwarding * HOURS

/** `db-custom-CPUS-MEGABYTES` */
const CUSTOM = /^db-custom-(\d+)-(\d+)$/

function database({ body }: Resource, { database: prices }: GcpPrices): number | undefined {
  const settings = block(body['settings'])
  const tier = settings['tier']
  const known =
    settings['edition'] === 'ENTERPRISE' && String(body['database_version']).startsWith('POSTGRES_')
  if (prices === undefined || !known) return undefined
  const [, cpus, megabytes] = CUSTOM.exec(String(tier)) ?? []
  const server =
    cpus === undefined
      ? named(prices.shared, tier)
      : Number(cpus) * prices.cpu + (Number(megabytes) / 1024) * prices.memory
  // 10 GB are the least there is.
  const space = number(settings['disk_size']) ?? 10
  const disk = settings['disk_type'] ?? 'PD_SSD'
  if (server === undefined || disk !== 'PD_SSD') return undefined
  const zones = settings['availability_type'] === 'REGIONAL' ? 2 : 1
  return zones * (server * HOURS + space * prices.storage)
}
