import { AWS_PRICES, type AwsPrices } from '../../domain/prices/aws.ts'
import { GCP_PRICES, type GcpPrices } from '../../domain/prices/gcp.ts'
import type { SynthesizedStack } from '../synthesis-diff.ts'
import { SYNTHESIZED_TYPES } from '../synthesized-types.ts'
import { AWS_MONTHLY, machinesOf } from './aws.ts'
import { forwardingOf, GCP_MONTHLY } from './gcp.ts'
import { paidBy } from './paid.ts'
import { named, type Resource, regionOf, resourcesOf } from './stack.ts'

/** What the stacks of an environment cost as long as they stand. */
export interface CostEstimate {
  /** US dollars a month of 730 hours, of what has a price. */
  readonly monthly: number
  /** How many resources that is. */
  readonly priced: number
  /** Types that are paid by use alone, sorted. */
  readonly byUse: readonly string[]
  /** Types of which something stands there and has no price here, with how many, sorted. */
  readonly unpriced: readonly { readonly type: string; readonly count: number }[]
  /** Machines that cost while they run; without a price where nobody knows it. Dollars an hour. */
  readonly machines: readonly { readonly type: string; readonly hourly?: number }[]
  readonly region: string
  readonly asOf: string
}

/** A cloud's prices, where the stacks lie. */
type Place =
  | { readonly cloud: 'aws'; readonly region: string; readonly prices: AwsPrices }
  | { readonly cloud: 'gcp'; readonly region: string; readonly prices: GcpPrices }

/**
 * A monthly estimate from the dated tables of list prices; undefined where the region has none. Requests, storage that grows, traffic,
 * discounts and taxes are not in it: it is the least that an environment costs once all of it runs.
 */
export function costOf(stacks: readonly SynthesizedStack[]): CostEstimate | undefined {
  const place = placeOf(stacks)
  if (place === undefined) return undefined
  let [monthly, priced] = [0, 0]
  const byUse = new Set<string>()
  const unpriced = new Map<string, number>()
  const machines = new Map<string, number | undefined>()
  const unknown = (type: string): void => void unpriced.set(type, (unpriced.get(type) ?? 0) + 1)
  const resources = stacks.flatMap(resourcesOf)
  for (const resource of resources) {
    const { type } = resource
    const paid = paidBy(type, SYNTHESIZED_TYPES)
    switch (paid) {
      case 'fixed': {
        const price = monthlyOf(resource, place)
        if (price === undefined) unknown(type)
        else {
          monthly += price
          // A gateway endpoint is free, and rules are counted together.
          if (price > 0 || type === FORWARDING) priced++
        }
        break
      }
      case 'use':
        byUse.add(type)
        break
      case 'machines': {
        const found = machinesOf(resource).filter((one): one is string => typeof one === 'string')
        const prices = place.cloud === 'aws' ? place.prices.machine : {}
        for (const one of found) machines.set(one, named(prices, one))
        if (found.length === 0) unknown(type)
        break
      }
      case undefined:
        unknown(type)
        break
      case 'free':
        break
      default:
        paid satisfies never
    }
  }
  if (place.cloud === 'gcp') monthly += forwardingOf(countOf(resources, FORWARDING), place.prices)
  return {
    monthly,
    priced,
    byUse: [...byUse].sort(),
    unpriced: [...unpriced].map(([type, count]) => ({ type, count })).sort(byType),
    machines: [...machines]
      .map(([type, hourly]) => ({ type, ...(hourly === undefined ? {} : { hourly }) }))
      .sort(byType),
    region: place.region,
    asOf: place.prices.asOf,
  }
}

/** The estimate as sentences for a report. */
export function costText({ monthly, priced, byUse, unpriced, machines, region, asOf }: CostEstimate): string {
  const things = priced === 1 ? '1 resource' : `${priced} resources`
  const missing = unpriced.map(({ type, count }) => (count === 1 ? type : `${count} × ${type}`))
  const running = machines.map(({ type, hourly }) =>
    hourly === undefined ? `${type} (no price here)` : `${type} $${hourly} an hour`,
  )
  const sum =
    priced === 0
      ? `Nothing that has a price here stands around the clock, by list prices of ${region} of ${asOf}.`
      : `At least $${monthly.toFixed(2)} a month for ${things} once everything runs, at list prices of ${region} of ${asOf}, without use, traffic and discounts.`
  return [
    sum,
    ...(missing.length === 0 ? [] : [`No price here: ${missing.join(', ')}.`]),
    ...(running.length === 0 ? [] : [`While they run: ${running.join(', ')}.`]),
    ...(byUse.length === 0 ? [] : [`Paid by use alone: ${byUse.join(', ')}.`]),
  ].join(' ')
}

const FORWARDING = 'google_compute_global_forwarding_rule'

function placeOf(stacks: readonly SynthesizedStack[]): Place | undefined {
  const aws = regionOf(stacks, 'aws')
  if (aws !== undefined) {
    const prices = Object.hasOwn(AWS_PRICES, aws) ? AWS_PRICES[aws] : undefined
    return prices === undefined ? undefined : { cloud: 'aws', region: aws, prices }
  }
  const gcp = regionOf(stacks, 'google')
  const prices = gcp !== undefined && Object.hasOwn(GCP_PRICES, gcp) ? GCP_PRICES[gcp] : undefined
  return gcp === undefined || prices === undefined ? undefined : { cloud: 'gcp', region: gcp, prices }
}

function monthlyOf(resource: Resource, place: Place): number | undefined {
  const { type } = resource
  if (place.cloud === 'aws') {
    return Object.hasOwn(AWS_MONTHLY, type) ? AWS_MONTHLY[type]?.(resource, place.prices) : undefined
  }
  return Object.hasOwn(GCP_MONTHLY, type) ? GCP_MONTHLY[type]?.(resource, place.prices) : undefined
}

const countOf = (resources: readonly Resource[], type: string): number =>
  resources.filter((resource) => resource.type === type).length

const byType = (a: { readonly type: string }, b: { readonly type: string }): number =>
  a.type < b.type ? -1 : 1
