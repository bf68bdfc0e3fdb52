import { NO_COUNTS, PLAN_ACTIONS, type PlanAction, type PlanCounts } from '../domain/plans/plan-counts.ts'

/** One change as the engine announces it while it plans: no attribute and no value. */
export interface PlannedChange {
  readonly address: string
  readonly action: PlanAction
  readonly reason?: string
}

/** A plan as far as the stream of its events tells it. */
export interface EventTable {
  /** Without `noop`, of which the stream says nothing. */
  readonly counts: PlanCounts
  /** Loudest first, and by address. */
  readonly changes: readonly PlannedChange[]
  /** Outputs that change. */
  readonly outputs: number
  /** Resources that somebody changed outside of the engine. */
  readonly drift: number
}

/** The engine's words; `import` and `move` are told of what only does that. */
const ACTIONS: Readonly<Record<string, PlanAction>> = {
  noop: 'noop',
  create: 'create',
  read: 'read',
  open: 'read',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
  forget: 'forget',
  remove: 'forget',
  import: 'noop',
  move: 'noop',
}

/**
 * Gathers the lines of `plan -json` (https://opentofu.org/docs/internals/machine-readable-ui/) while they come, so that the
 * table is there when the engine ends. It is for people to look at: what is approved and applied is read from the plan itself.
 */
export class PlanEvents {
  readonly #changes: PlannedChange[] = []
  readonly #counts: Record<keyof PlanCounts, number> = { ...NO_COUNTS }
  #outputs = 0
  #drift = 0
  #complete = false

  /** A line that is no event of a plan is nothing. */
  push(line: string): void {
    // Most lines of a large plan tell of refreshing: no need to parse them.
    if (!/"type":"(?:planned_change|resource_drift|change_summary|outputs)"/.test(line)) return
    const event = parsed(line)
    switch (event['type']) {
      case 'planned_change':
        this.#change(record(event['change']))
        return
      case 'resource_drift':
        this.#drift++
        return
      case 'change_summary':
        this.#complete ||= record(event['changes'])['operation'] === 'plan'
        return
      case 'outputs':
        this.#outputs = Object.values(record(event['outputs'])).filter(
          (output) => record(output)['action'] !== 'noop',
        ).length
        return
    }
  }

  /** undefined where the engine did not come to the end of its plan. */
  end(): EventTable | undefined {
    if (!this.#complete) return undefined
    const changes = this.#changes.toSorted((a, b) => rank(a) - rank(b) || (a.address < b.address ? -1 : 1))
    return { counts: this.#counts, changes, outputs: this.#outputs, drift: this.#drift }
  }

  #change(change: Readonly<Record<string, unknown>>): void {
    const said = text(change['action'])
    const action = Object.hasOwn(ACTIONS, said) ? ACTIONS[said] : undefined
    const address = text(record(change['resource'])['addr'])
    if (action === undefined || address === '') return
    if (action !== 'noop') this.#counts[action]++
    if (said === 'import' || change['importing'] !== undefined) this.#counts.import++
    if (said === 'move' || change['previous_resource'] !== undefined) this.#counts.move++
    const reason = text(change['reason'])
    this.#changes.push({ address, action, ...(reason === '' ? {} : { reason }) })
  }
}

const rank = ({ action }: PlannedChange): number => PLAN_ACTIONS.indexOf(action)

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(line))
  } catch {
    return {}
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
