import type { Digest } from '../domain/digest.ts'
import { type SluiceError, usageError } from '../domain/error.ts'
import type { PlanChange, PlanCheck, StackPlan } from '../domain/plans/plan.ts'
import { NO_COUNTS, type PlanAction, type PlanCounts } from '../domain/plans/plan-counts.ts'
import { actionOf, changeOf, type EngineChange, UnknownActionError } from './engine-change.ts'
import { ScanError, Scanner } from './scan.ts'
import { isUntouched } from './untouched.ts'
import type { PlanValues } from './values.ts'

/** The parts of a plan document that are read, by their top-level keys. */
const PARTS: Readonly<Record<string, 'value' | 'elements'>> = {
  format_version: 'value',
  resource_changes: 'elements',
  resource_drift: 'elements',
  deferred_changes: 'elements',
  output_changes: 'value',
  checks: 'value',
  errored: 'value',
}

/**
 * Reads `show -json` of a saved plan, of OpenTofu and Terraform, formats 0.1 to 1.x
 * (https://developer.hashicorp.com/terraform/internals/json-format), in chunks: only what changes is parsed and kept.
 *
 * @param source what the document is called in errors.
 * @param values keeps what the plan itself has not: values, where somebody asked for them. Then every resource is parsed.
 * @throws SluiceError usage where it is no whole plan document, or one of a format that is not known.
 */
export async function readPlan(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  {
    stack,
    source,
    values,
  }: { readonly stack: string; readonly source: string; readonly values?: PlanValues },
): Promise<StackPlan> {
  const reader = new PlanReader(stack, values)
  try {
    for await (const chunk of chunks) reader.push(chunk)
    return reader.end()
  } catch (error) {
    if (error instanceof ScanError || error instanceof SyntaxError) {
      throw refused(`${source} is not a plan document: ${error.message}`, error)
    }
    if (error instanceof FormatError || error instanceof UnknownActionError) {
      throw refused(`${source}: ${error.message}`, error)
    }
    throw error
  }
}

class FormatError extends Error {
  override readonly name = 'FormatError'
}

function refused(what: string, cause: Error): SluiceError {
  return usageError(
    {
      what,
      rule: 'a plan document is the output of "tofu show -json PLAN", formats 0.1 to 1.x, whole and alone',
      remedy: 'write it again: tofu show -json PLAN > FILE',
    },
    cause,
  )
}

/** What has been read so far. */
class PlanReader {
  readonly #stack: string
  readonly #values: PlanValues | undefined
  readonly #scanner = new Scanner({
    want: (key) => PARTS[key] ?? 'skip',
    found: (key, bytes) => this.#found(key, bytes),
  })
  readonly #hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  readonly #changes: PlanChange[] = []
  readonly #drift: PlanChange[] = []
  #outputs: StackPlan['outputs'] = []
  #checks: PlanCheck[] = []
  #untouched = 0
  #format: string | undefined

  constructor(stack: string, values: PlanValues | undefined) {
    this.#stack = stack
    this.#values = values
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk)
  }

  end(): StackPlan {
    this.#scanner.end()
    if (this.#format === undefined) throw new FormatError('it has no format_version')
    const changes = this.#changes.toSorted(byAddress)
    return {
      stack: this.#stack,
      state: 'planned',
      counts: countsOf(changes, this.#untouched),
      changes,
      drift: this.#drift.toSorted(byAddress),
      outputs: this.#outputs,
      checks: this.#checks,
      fingerprint: `sha256:${this.#hash.digest('hex')}` satisfies Digest,
    }
  }

  #found(key: string, bytes: Uint8Array): void {
    if (key === 'resource_changes') this.#change(bytes)
    else this.#part(key, bytes)
  }

  #part(key: string, bytes: Uint8Array): void {
    const value: unknown = JSON.parse(textOf(bytes))
    switch (key) {
      case 'format_version':
        this.#format = knownFormat(value)
        return
      case 'resource_drift': {
        const change = changeOf(value as EngineChange)
        this.#values?.note(this.#stack, 'drift', value as EngineChange)
        if (change.action !== 'noop') this.#drift.push(change)
        return
      }
      case 'deferred_changes':
        throw new FormatError('it defers changes, which Sluice does not apply')
      case 'output_changes':
        this.#outputs = outputsOf(value)
        this.#values?.noteOutputs(value)
        this.#bind(key, bytes)
        return
      case 'checks':
        this.#checks = checksOf(value)
        return
      case 'errored':
        if (value === true) throw new FormatError('the engine says that this plan has failed')
        return
    }
  }

  #change(bytes: Uint8Array): void {
    // What is sensitive in an untouched resource may stand in a changed one.
    if (this.#values === undefined && isUntouched(bytes)) {
      this.#untouched++
      return
    }
    const raw = JSON.parse(textOf(bytes)) as EngineChange
    this.#values?.note(this.#stack, 'change', raw)
    const change = changeOf(raw)
    const { action, imported, movedFrom } = change
    if (action === 'noop' && !imported && movedFrom === undefined) {
      this.#untouched++
      return
    }
    this.#changes.push(change)
    this.#bind('resource_changes', bytes)
  }

  /** Adds a part to the fingerprint; its length keeps two parts from being read as one. */
  #bind(part: string, bytes: Uint8Array): void {
    const text = trimmed(bytes)
    this.#hash.update(`${part} ${text.length}\n`).update(text)
  }
}

/** A resource that is imported or moved without a change is no `noop`: it is in the list for that. */
function countsOf(changes: readonly PlanChange[], untouched: number): PlanCounts {
  const counts: Record<keyof typeof NO_COUNTS, number> = { ...NO_COUNTS, noop: untouched }
  for (const { action, imported, movedFrom } of changes) {
    if (action !== 'noop') counts[action] += 1
    if (imported) counts.import += 1
    if (movedFrom !== undefined) counts.move += 1
  }
  return counts
}

function knownFormat(value: unknown): string {
  const major = /^(\d+)\.\d+$/.exec(typeof value === 'string' ? value : '')?.[1]
  if (major === '0' || major === '1') return String(value)
  throw new FormatError(`found format_version ${JSON.stringify(value)}`)
}

function outputsOf(value: unknown): StackPlan['outputs'] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .map(([name, change]: [string, { actions?: unknown } | null]) => ({
      name,
      action: actionOf(change?.actions, `output ${name}`),
    }))
    .filter(({ action }) => action !== ('noop' satisfies PlanAction))
}

const CHECK_STATES = ['pass', 'fail', 'error', 'unknown'] as const

/** Formats before 1.2 have none. An unfamiliar state is `unknown`, which never passes. */
function checksOf(value: unknown): PlanCheck[] {
  if (!Array.isArray(value)) return []
  return value.map((check: { address?: { to_display?: unknown }; status?: unknown }) => ({
    address: String(check.address?.to_display ?? ''),
    status: CHECK_STATES.find((state) => state === check.status) ?? 'unknown',
  }))
}

function byAddress(a: PlanChange, b: PlanChange): number {
  const one = `${a.address}\n${a.deposed ?? ''}`
  const other = `${b.address}\n${b.deposed ?? ''}`
  return one < other ? -1 : one > other ? 1 : 0
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** White space behind a value belongs to the layout of the file. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] as number) <= 0x20) end--
  return bytes.subarray(0, end)
}
