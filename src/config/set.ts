import type { Problem } from '../domain/error.ts'
import { RESOURCE_KINDS } from '../domain/system/system.ts'
import { type Document, type MapNode, type Node, nodeAt, replaceAt, show, withRoot } from './document.ts'
import { hint, knownNames } from './hint.ts'

/** What `set:` may change: the file's resources and policies, not its name and its environments. */
const CHANGEABLE: readonly string[] = [...RESOURCE_KINDS, 'rollout', 'components', 'guards', 'infra']
/** Sections whose first level are keys of the schema, not names of resources. */
const PLAIN = ['rollout', 'guards', 'infra']

/** The document as one environment sees it: each `a.b.c: value` of its `set:` in place. `null` takes a part away. */
export function applySet(
  document: Document,
  environment: string,
): { document: Document; problems: Problem[] } {
  const problems: Problem[] = []
  let root: Node = document.root
  const set = nodeAt(document.root, ['environments', environment, 'set'])
  for (const [dotted, { at, value }] of set?.kind === 'map' ? set.entries : []) {
    const path = splitPath(root, dotted)
    const problem = unknownPart(document.root, path)
    if (problem !== undefined)
      problems.push({
        at: document.place(at),
        what: `environments.${environment}.set: ${show(dotted)} ${problem.what}`,
        rule: problem.rule,
      })
    else root = replaceAt(root, path, value.kind === 'scalar' && value.value === null ? undefined : value, at)
  }
  // An override is written in one place; the environments are not part of what they change.
  const applied =
    root.kind === 'map' && root !== document.root ? withRoot(document, withoutSet(root)) : document
  return { document: applied, problems }
}

/** Names may hold dots: at each level the longest key that is there wins. */
function splitPath(root: Node, dotted: string): string[] {
  const path: string[] = []
  let node: Node | undefined = root
  let rest = dotted
  while (rest !== '') {
    const keys: string[] = node?.kind === 'map' ? [...node.entries.keys()] : []
    const step =
      keys
        .filter((key) => rest === key || rest.startsWith(`${key}.`))
        .sort((a, b) => b.length - a.length)[0] ??
      rest.split('.', 1)[0] ??
      rest
    path.push(step)
    node = node === undefined ? undefined : nodeAt(node, [step])
    rest = rest.slice(step.length + 1)
  }
  return path
}

function unknownPart(
  root: MapNode,
  [section = '', name, ...rest]: readonly string[],
): { what: string; rule: string } | undefined {
  if (!CHANGEABLE.includes(section)) {
    return {
      what: `changes ${show(section)}${hint(section, CHANGEABLE)}`,
      rule: `set changes ${CHANGEABLE.join(', ')}`,
    }
  }
  if (name === undefined)
    return { what: 'changes a whole section', rule: 'set names one resource or one of its keys' }
  if (name === '' || rest.includes(''))
    return { what: 'has an empty part', rule: 'a dotted path such as services.api.scale.max' }
  const entries = nodeAt(root, [section])
  const known = entries?.kind === 'map' ? [...entries.entries.keys()] : []
  if (PLAIN.includes(section) || known.includes(name)) return undefined
  return {
    what: `names no resource of the file${hint(name, known, `${section}.`)}`,
    rule: knownNames(section, known),
  }
}

function withoutSet(root: MapNode): MapNode {
  const environments = root.entries.get('environments')
  if (environments?.value.kind !== 'map') return root
  const stripped = [...environments.value.entries].map(
    ([name, entry]) =>
      [name, { ...entry, value: replaceAt(entry.value, ['set'], undefined, entry.at) }] as const,
  )
  const entries = new Map(root.entries)
  entries.set('environments', {
    ...environments,
    value: { ...environments.value, entries: new Map(stripped) },
  })
  return { ...root, entries }
}
