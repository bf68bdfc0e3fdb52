import { RENAMABLE, type RenamableKind, type Rename } from '../../domain/system/rename.ts'

/** A stack as far as names are looked for in it. */
export interface Written {
  readonly name: string
  /** What it holds of sluice.yml: `services.api`. */
  readonly holds: readonly string[]
  /** Content of cdk.tf.json. */
  readonly json: Readonly<Record<string, unknown>>
}

/** Section of the output `sluice` -> kind of sluice.yml, where they differ. */
const SECTIONS: Readonly<Record<string, RenamableKind>> = { registries: 'images', jobs: 'pipelines' }

/** What the output `sluice` of a stack says that it holds: `services.api`; steps count as their pipeline. */
export function holdsOf(json: Written['json']): string[] {
  const { sluice } = (json['output'] ?? {}) as { sluice?: { value: Record<string, unknown> } }
  const all = Object.entries(sluice?.value ?? {}).flatMap(([section, entries]) => {
    const kind = SECTIONS[section] ?? RENAMABLE.find((each) => each === section)
    if (kind === undefined || typeof entries !== 'object' || entries === null) return []
    const names = Object.keys(entries)
    // `pipeline.step`: both may hold dots, and the text before the first one is enough to notice a pipeline.
    return names.map((name) => `${kind}.${kind === 'pipelines' ? name.split('.', 1)[0] : name}`)
  })
  return [...new Set(all)].sort()
}

/**
 * Names that look changed: one of a kind is gone, another has come, and but for the name they are made of the same resources.
 * Where two could be meant, nothing is proposed.
 */
export function proposedRenames(before: readonly Written[], after: readonly Written[]): Rename[] {
  const [old, now] = [before.flatMap(({ holds }) => holds), after.flatMap(({ holds }) => holds)]
  const gone = old.filter((name) => !now.includes(name)).map(split)
  const come = now.filter((name) => !old.includes(name)).map(split)
  if (gone.length === 0 || come.length === 0) return []
  const [all, others] = [resources(before), resources(after)]
  const lost = all.filter((line) => !others.includes(line))
  const found = others.filter((line) => !all.includes(line))
  const alike = (a: Named, b: Named): boolean => {
    const rest = [...gone, ...come].filter(({ name }) => name !== a.name && name !== b.name)
    return a.kind === b.kind && areSame(named(lost, a, rest), named(found, b, rest), a, b)
  }
  return gone.flatMap((a): Rename[] => {
    const [b, ...more] = come.filter((each) => alike(a, each))
    if (b === undefined || more.length > 0 || gone.filter((each) => alike(each, b)).length > 1) return []
    return [{ kind: a.kind, from: a.name, to: b.name }]
  })
}

interface Named {
  readonly kind: RenamableKind
  readonly name: string
}

function split(path: string): Named {
  const dot = path.indexOf('.')
  return { kind: path.slice(0, dot) as RenamableKind, name: path.slice(dot + 1) }
}

/** `type path` of every resource. */
function resources(stacks: readonly Written[]): string[] {
  return stacks.flatMap(({ json }) =>
    Object.entries((json['resource'] ?? {}) as Record<string, Record<string, Resource>>).flatMap(
      ([type, all]) =>
        Object.values(all).map((resource) => `${type} ${resource['//']?.metadata?.path ?? ''}`),
    ),
  )
}
interface Resource {
  readonly '//'?: { readonly metadata?: { readonly path?: string } }
}

/** The lines in which a name stands, and none of the other names that changed. */
function named(lines: readonly string[], { name }: Named, rest: readonly Named[]): string[] {
  const others = rest.map((each) => word(each.name))
  return lines.filter(
    (line) => line.search(word(name)) >= 0 && !others.some((other) => line.search(other) >= 0),
  )
}

/** Whether the lines of one name are those of the other; `query-api-to-api` has it twice and means it once. */
function areSame(lost: readonly string[], found: readonly string[], a: Named, b: Named): boolean {
  if (lost.length === 0 || lost.length !== found.length) return false
  const left = new Set(found)
  return lost.every((line) => {
    const parts = line.split(word(a.name)).map(escaped)
    const either = new RegExp(`^${parts.join(`(?:${escaped(a.name)}|${escaped(b.name)})`)}$`)
    const same = [...left].find((other) => either.test(other))
    return same !== undefined && left.delete(same)
  })
}

/** The name where it stands as a word of its own; names hold letters, digits, ".", "_" and "-". */
const word = (name: string): RegExp => new RegExp(`(?<![a-z0-9._])${escaped(name)}(?![a-z0-9._])`, 'g')
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
