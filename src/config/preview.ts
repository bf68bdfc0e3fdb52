/**
 * Environments for pull requests. An environment that says `preview` is what they are made like: `pr-123` is `pr` with names,
 * states and domains of its own, as small as each kind goes, and with nothing that outlives it. It all is one `set:` more.
 */
import { type Preview, parsePreview } from '../domain/system/preview.ts'
import { type Document, type Entry, type MapNode, type Node, nodeAt, withRoot } from './document.ts'

/** What is asked for where no declared environment has the name, and one says `preview`. */
export function previewAsked(document: Document, asked: string): Preview | undefined {
  if (nodeAt(document.root, ['environments', asked]) !== undefined) return undefined
  const preview = parsePreview(asked)
  if (preview === undefined) return undefined
  return nodeAt(document.root, ['environments', preview.of, 'preview']) === undefined ? undefined : preview
}

/** Environments that previews are made like. */
export function previewed(document: Document): readonly string[] {
  const environments = nodeAt(document.root, ['environments'])
  const names = environments?.kind === 'map' ? [...environments.entries.keys()] : []
  return names.filter((name) => nodeAt(document.root, ['environments', name, 'preview']) !== undefined)
}

/** As long a name as previews get, up to a million pull requests: what does not fit into a cloud's names is told before there is one. */
export const longestPreview = (of: string): Preview => ({ of, number: 999_999 })

/**
 * The file with the preview as one environment more.
 *
 * @param seen the file as the environment that it is made like sees it
 */
export function withPreview(written: Document, seen: MapNode, preview: Preview, name: string): Document {
  const of = nodeAt(written.root, ['environments', preview.of])
  const environments = nodeAt(written.root, ['environments'])
  if (of?.kind !== 'map' || environments?.kind !== 'map') return written
  const at = of.entries.get('preview')?.at ?? of.at
  const own = new Map([...of.entries].filter(([key]) => !OWN.includes(key)))
  const set = nodeAt(of, ['set'])
  const entries = new Map(set?.kind === 'map' ? set.entries : [])
  for (const [path, value] of smallest(seen, name)) {
    // The last one counts, wherever it stood.
    entries.delete(path)
    entries.set(path, { at, value: nodeOf(value, at) })
  }
  own.set('set', { at, value: { kind: 'map', at, entries } })
  const all = new Map<string, Entry>(environments.entries)
  all.set(name, { at, value: { kind: 'map', at, entries: own } })
  const root = new Map(written.root.entries)
  const before = root.get('environments')
  root.set('environments', { at: before?.at ?? at, value: { ...environments, entries: all } })
  return withRoot(written, { ...written.root, entries: root })
}

/** Keys of an environment that a preview does not share: two networks of one range could never meet. */
const OWN: readonly string[] = ['preview', 'cidr', 'set']

type Small = string | number | boolean | null | { readonly [key: string]: number }

/** What a preview is, beside what it is made like: dotted path -> value, null for the default, which is the smallest. */
function smallest(seen: MapNode, name: string): readonly (readonly [path: string, value: Small])[] {
  const each = (kind: string, set: (node: Node) => Readonly<Record<string, Small>>) => {
    const all = nodeAt(seen, [kind])
    return all?.kind !== 'map'
      ? []
      : [...all.entries].flatMap(([resource, { value }]) =>
          Object.entries(set(value)).map(([key, small]) => [`${kind}.${resource}.${key}`, small] as const),
        )
  }
  return [
    ...each('services', (node) => ({ scale: scaleOf(node), ...domainOf(node, name) })),
    ...each('apis', (node) => domainOf(node, name)),
    ...each('databases', () => ({
      class: null,
      'high-availability': false,
      'backup-days': 0,
      protect: false,
    })),
    ...each('buckets', () => ({ protect: false })),
    ...each('tables', () => ({ protect: false })),
    ...each('caches', () => ({ class: null })),
  ]
}

/** One copy, and none where none is needed. */
function scaleOf(service: Node): Small {
  const min = nodeAt(service, ['scale', 'min'])
  return { min: min?.kind === 'scalar' && min.value === 0 ? 0 : 1, max: 1 }
}

/** `api.films.example` -> `pr-123-api.films.example`, in the same zone. */
function domainOf(resource: Node, name: string): Readonly<Record<string, Small>> {
  const domain = nodeAt(resource, ['domain'])
  return domain?.kind === 'scalar' && typeof domain.value === 'string'
    ? { domain: `${name.replace(/[^a-z0-9]+/g, '-')}-${domain.value}` }
    : {}
}

function nodeOf(value: Small, at: number): Node {
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', at, value }
  const entries = Object.entries(value).map(([key, one]) => [key, { at, value: nodeOf(one, at) }] as const)
  return { kind: 'map', at, entries: new Map(entries) }
}
