import type { StackPlan } from '../domain/plans/plan.ts'

/** A stack as `synth` wrote it, and what is known of those before it. */
export interface Waiting {
  /** Its cdk.tf.json. */
  readonly configuration: unknown
  /** Stacks that are applied before it. */
  readonly dependsOn: readonly string[]
  readonly earlier: readonly Earlier[]
}

export interface Earlier {
  readonly plan: StackPlan
  /** Its cdk.tf.json. */
  readonly configuration: unknown
}

/**
 * Why a stack cannot be planned yet, as a sentence; undefined where it can.
 *
 * It waits for a stack that waits itself, and for one whose plan changes an output that it reads: until that is applied, the
 * state holds no value or an old one. The output `sluice`, which every stack has, is new where it was never applied.
 */
export function pendingInput({ configuration, dependsOn, earlier }: Waiting): string | undefined {
  const text = JSON.stringify(configuration)
  for (const { plan, configuration: other } of earlier) {
    const { stack } = plan
    const read = outputsRead(configuration, text, other)
    if (plan.state === 'deferred') {
      if (read !== undefined || dependsOn.includes(stack)) return `it comes after ${stack}, which is deferred`
      continue
    }
    if (read === undefined) continue
    const changed = plan.outputs.find(
      ({ name, action }) => read.has(name) || (name === 'sluice' && action === 'create'),
    )
    if (changed !== undefined) {
      return `it reads the state of ${stack}, whose output ${changed.name} is known when that is applied`
    }
  }
  return undefined
}

/** Names of the outputs that a configuration reads of another's state; undefined where it does not read it. */
function outputsRead(configuration: unknown, text: string, other: unknown): ReadonlySet<string> | undefined {
  const states = at(configuration, 'data', 'terraform_remote_state')
  const place = placeOf(at(other, 'terraform', 'backend'))
  if (!isRecord(states) || place === undefined) return undefined
  const found = Object.entries(states).filter(
    ([, state]) => placeOf({ [String(at(state, 'backend'))]: at(state, 'config') }) === place,
  )
  if (found.length === 0) return undefined
  const names = found.flatMap(([name]) => {
    const pattern = new RegExp(`data\\.terraform_remote_state\\.${escaped(name)}\\.outputs\\.([\\w-]+)`, 'g')
    return [...text.matchAll(pattern)].map((match) => match[1] ?? '')
  })
  return new Set(names)
}

/** Where a state lies: type of backend, bucket and key. */
function placeOf(backend: unknown): string | undefined {
  if (!isRecord(backend)) return undefined
  const [type, config] = Object.entries(backend)[0] ?? []
  if (type === undefined || !isRecord(config)) return undefined
  return JSON.stringify([type, config['bucket'], config['key'], config['prefix'], config['path']])
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
