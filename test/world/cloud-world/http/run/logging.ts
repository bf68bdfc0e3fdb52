import type { Clock } from '../../../../../src/runtime/runtime.ts'

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
export interface LogEntry {
  readonly insertId: string
  readonly timestamp: string
  readonly logName: string
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> }
  readonly labels?: Readonly<Record<string, string>>
  readonly textPayload: string
}

/** Cloud Logging: what was written, found by filters. */
export class Logging {
  readonly entries: LogEntry[] = []
  readonly #clock: Clock
  readonly #project: string

  constructor(clock: Clock, project: string) {
    this.#clock = clock
    this.#project = project
  }

  write(
    log: string,
    resource: LogEntry['resource'],
    textPayload: string,
    labels: LogEntry['labels'] = {},
    at = this.#clock.now(),
  ): void {
    const insertId = String(this.entries.length + 1).padStart(8, '0')
    const logName = `projects/${this.#project}/logs/${encodeURIComponent(log)}`
    this.entries.push({
      insertId,
      timestamp: new Date(at).toISOString(),
      logName,
      resource,
      labels,
      textPayload,
    })
  }

  /** https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list */
  list(request: { filter?: string; orderBy?: string; pageSize?: number; pageToken?: string }): {
    entries: readonly LogEntry[]
    nextPageToken?: string
  } {
    const { filter = '', orderBy = 'timestamp asc', pageSize = 50, pageToken = '0' } = request
    const matches = compile(filter)
    const found = this.entries
      .filter(matches)
      .toSorted((a, b) => (a.timestamp + a.insertId < b.timestamp + b.insertId ? -1 : 1))
    const ordered = orderBy === 'timestamp desc' ? found.reverse() : found
    const from = Number(pageToken)
    const entries = ordered.slice(from, from + pageSize)
    return from + pageSize < ordered.length
      ? { entries, nextPageToken: String(from + pageSize) }
      : { entries }
  }
}

type Test = (entry: LogEntry) => boolean

/**
 * The part of the Logging query language that clients of this world speak: comparisons, AND, OR in parentheses
 * (https://cloud.google.com/logging/docs/view/logging-query-language).
 *
 * @throws Error for anything else, so that no filter is taken for one that finds everything.
 */
export function compile(filter: string): Test {
  const tokens = filter.match(/\(|\)|>=|<=|[=:<>]|(?:[^\s()=:<>"]|"(?:[^"\\]|\\.)*")+/g) ?? []
  let at = 0
  const take = (): string => tokens[at++] ?? ''
  const primary = (): Test => {
    if (tokens[at] === '(') {
      take()
      const inner = either()
      if (take() !== ')') throw new Error(`filter "${filter}": a parenthesis is not closed`)
      return inner
    }
    const [field, operator, raw] = [take(), take(), take()]
    const value = raw.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1')
    return (entry) => compares(fieldOf(entry, field), operator, value)
  }
  const both = (): Test => {
    const tests = [primary()]
    while (tokens[at] === 'AND') {
      take()
      tests.push(primary())
    }
    return (entry) => tests.every((test) => test(entry))
  }
  const either = (): Test => {
    const tests = [both()]
    while (tokens[at] === 'OR') {
      take()
      tests.push(both())
    }
    return (entry) => tests.some((test) => test(entry))
  }
  const whole = tokens.length === 0 ? () => true : either()
  if (at < tokens.length) throw new Error(`filter "${filter}": "${tokens[at]}" was not expected`)
  return whole
}

function fieldOf(entry: LogEntry, field: string): string {
  const parts = field.match(/"[^"]*"|[^."]+/g) ?? []
  const value = parts
    .map((part) => part.replace(/^"|"$/g, ''))
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], entry)
  return typeof value === 'string' ? value : ''
}

function compares(found: string, operator: string, value: string): boolean {
  switch (operator) {
    case '=':
      return found === value
    case ':':
      return found.toLowerCase().includes(value.toLowerCase())
    case '>=':
      return found >= value
    case '>':
      return found > value
    case '<':
      return found < value
    case '<=':
      return found <= value
    default:
      throw new Error(`"${operator}" is no comparison`)
  }
}
