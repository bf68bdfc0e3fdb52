import type { SynthesizedStack } from '../synthesis-diff.ts'

export type Body = Readonly<Record<string, unknown>>

/** A resource of a stack, and the others of that stack, which it may refer to. */
export interface Resource {
  readonly type: string
  readonly name: string
  readonly body: Body
  readonly others: readonly Resource[]
}

export function resourcesOf({ document }: SynthesizedStack): readonly Resource[] {
  const all: Resource[] = []
  for (const [type, named] of Object.entries(record(document['resource']))) {
    for (const [name, body] of Object.entries(record(named))) {
      all.push({ type, name, body: record(body), others: all })
    }
  }
  return all
}

/** Whether a text refers to a resource: `${aws_ecs_service.api.name}`. */
export const refersTo = (text: unknown, { type, name }: Resource): boolean =>
  typeof text === 'string' && text.includes(`\${${type}.${name}.`)

/** Where all stacks lie; undefined where they lie in several regions, or say none. */
export function regionOf(stacks: readonly SynthesizedStack[], provider: string): string | undefined {
  const regions = stacks.map(
    ({ document }) => record(list(record(document['provider'])[provider])[0])['region'],
  )
  const [first] = regions
  return typeof first === 'string' && regions.every((region) => region === first) ? first : undefined
}

/** Blocks are written as an object or as a list of them. */
export const block = (value: unknown): Body => record(Array.isArray(value) ? value[0] : value)

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

/** Numbers are written as such or as texts: `cpu: "512"`. */
export function number(value: unknown): number | undefined {
  const found = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

/** The price of something that is named, and of nothing that a name like `constructor` would find. */
export function named(prices: Readonly<Record<string, number>>, name: unknown): number | undefined {
  return typeof name === 'string' && Object.hasOwn(prices, name) ? prices[name] : undefined
}

function record(value: unknown): Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : {}
}
