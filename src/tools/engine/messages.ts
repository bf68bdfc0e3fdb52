/** A line of `-json` output, as far as it is used; values of outputs and resources are never read. */
export type EngineMessage =
  | {
      readonly kind: 'diagnostic'
      readonly severity: 'error' | 'warning'
      readonly summary: string
      readonly detail: string
      readonly address?: string
    }
  | {
      readonly kind: 'resource'
      readonly address: string
      /** `create`, `update`, `delete`, `read`. */
      readonly action: string
      readonly state: 'running' | 'done' | 'failed'
      /** What the cloud calls it, once it is made. */
      readonly id?: string
    }
  /** The engine's own count at the end of a plan or an apply. */
  | { readonly kind: 'summary'; readonly operation: string }
  /** What is not for people, or not of the engine. */
  | { readonly kind: 'other' }

const OTHER: EngineMessage = { kind: 'other' }
const STATES: Readonly<Record<string, 'running' | 'done' | 'failed'>> = {
  apply_start: 'running',
  apply_complete: 'done',
  apply_errored: 'failed',
}

/** https://developer.hashicorp.com/terraform/internals/machine-readable-ui */
export function engineMessage(line: string): EngineMessage {
  const message = parsed(line)
  const type = text(message['type'])
  if (type === 'diagnostic') return diagnosticFrom(record(message['diagnostic']))
  if (type === 'change_summary') {
    return { kind: 'summary', operation: text(record(message['changes'])['operation']) }
  }
  const state = Object.hasOwn(STATES, type) ? STATES[type] : undefined
  if (state === undefined) return OTHER
  const hook = record(message['hook'])
  const address = text(record(hook['resource'])['addr'])
  const id = text(hook['id_value'])
  return { kind: 'resource', address, action: text(hook['action']), state, ...(id === '' ? {} : { id }) }
}

function diagnosticFrom(diagnostic: Readonly<Record<string, unknown>>): EngineMessage {
  const address = text(diagnostic['address'])
  return {
    kind: 'diagnostic',
    severity: diagnostic['severity'] === 'warning' ? 'warning' : 'error',
    summary: text(diagnostic['summary']),
    detail: text(diagnostic['detail']),
    ...(address === '' ? {} : { address }),
  }
}

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
