import { CloudError } from '../faults.ts'
import { type JsonDoor, type JsonInput, openJsonDoor } from './json-door.ts'

/** What one resource cost on one day. */
export interface Cost {
  /** `2026-11-20` */
  readonly day: string
  readonly amount: number
  readonly tags: Readonly<Record<string, string>>
}

/** Cost Explorer. ../README.md cites the page of each behaviour. */
export interface CostDoor extends JsonDoor {
  readonly costs: Cost[]
  /** Tags that the payer has activated: others are not known to it. */
  readonly activated: Set<string>
  /** Days in one page. */
  pageSize: number
}

export async function openCostExplorer(): Promise<CostDoor> {
  const costs: Cost[] = []
  const activated = new Set<string>()
  const door = await openJsonDoor('1.1', (operation, input) => {
    if (operation !== 'GetCostAndUsage') throw new CloudError('UnknownOperationException', operation)
    return usage(opened, input)
  })
  const opened: CostDoor = Object.assign(door, { costs, activated, pageSize: 100 })
  return opened
}

interface Wish {
  readonly TimePeriod: { readonly Start: string; readonly End: string }
  readonly Filter: {
    readonly And: readonly { readonly Tags: { readonly Key: string; readonly Values: readonly string[] } }[]
  }
  readonly GroupBy: readonly [{ readonly Key: string }]
  readonly NextPageToken?: string
}

function usage({ costs, activated, pageSize }: CostDoor, input: JsonInput): object {
  const { TimePeriod, Filter, GroupBy, NextPageToken } = input as unknown as Wish
  const { Start, End } = TimePeriod
  if (Start >= End) throw new CloudError('ValidationException', 'Start time must be before end time')
  const [{ Key: group }] = GroupBy
  const known = ({ tags }: Cost, key: string): string => (activated.has(key) ? (tags[key] ?? '') : '')
  const matches = (cost: Cost): boolean =>
    Filter.And.every(({ Tags }) => Tags.Values.includes(known(cost, Tags.Key)))
  const all = daysOf(Start, End)
  const from = Number(NextPageToken ?? 0)
  const page = all.slice(from, from + pageSize)
  return {
    ...(from + pageSize < all.length ? { NextPageToken: String(from + pageSize) } : {}),
    GroupDefinitions: GroupBy,
    ResultsByTime: page.map((day) => {
      const sums = new Map<string, number>()
      for (const cost of costs.filter((one) => one.day === day && matches(one))) {
        const name = `${group}$${known(cost, group)}`
        sums.set(name, (sums.get(name) ?? 0) + cost.amount)
      }
      return {
        TimePeriod: { Start: day, End: day },
        Total: {},
        Estimated: true,
        Groups: [...sums].map(([name, amount]) => ({
          Keys: [name],
          Metrics: { UnblendedCost: { Amount: String(amount), Unit: 'USD' } },
        })),
      }
    }),
  }
}

/** `end` is the day after the last one. */
function daysOf(start: string, end: string): readonly string[] {
  const days: string[] = []
  for (let at = Date.parse(start); at < Date.parse(end); at += 24 * 3_600_000)
    days.push(new Date(at).toISOString().slice(0, 10))
  return days
}
