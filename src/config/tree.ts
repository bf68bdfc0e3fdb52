import type { Alias, Scalar, Node as YamlNode } from 'yaml'
import type { Problem } from '../domain/error.ts'
import type { Entry, Node } from './document.ts'
import { show } from './document.ts'

export interface Fault extends Omit<Problem, 'at'> {
  readonly offset: number
}

interface Limits {
  readonly nodes: number
  readonly depth: number
}

interface Measured {
  readonly node: Node
  /** Nodes in it, itself included, with aliases counted as what they stand for. */
  readonly nodes: number
  /** Collections on the longest way down. */
  readonly depth: number
}

/** Composed YAML -> our tree: text keys that occur once, no merge keys, aliases replaced by what they stand for. */
export function toTree(
  yaml: typeof import('./yaml.ts'),
  root: YamlNode,
  limits: Limits,
): { readonly root?: Node; readonly problems: readonly Fault[] } {
  const problems: Fault[] = []
  const anchors = new Map<string, Measured>()

  const convert = (node: YamlNode | null, otherwise: number): Measured => {
    if (node === null) return leaf({ kind: 'scalar', at: otherwise, value: null })
    const at = node.range?.[0] ?? otherwise
    if (yaml.isAlias(node)) return fromAlias(node, at)
    const result = yaml.isScalar(node) ? leaf(scalar(node, at)) : collection(node, at)
    if ('anchor' in node && node.anchor !== undefined) anchors.set(node.anchor, result)
    return result
  }

  const fromAlias = (alias: Alias, at: number): Measured => {
    const target = anchors.get(alias.source)
    if (target !== undefined) return target
    problems.push({
      offset: at,
      what: `the alias *${alias.source}`,
      rule: 'an alias stands after the whole value that its anchor marks',
    })
    return leaf({ kind: 'scalar', at, value: null })
  }

  const scalar = (node: Scalar, at: number): Node => {
    const value = node.value
    if (typeof value === 'string') return { kind: 'scalar', at, value }
    const source = node.source ?? String(value)
    if (/^[-+]?\.(?:inf|nan)$/i.test(source)) {
      problems.push({
        offset: at,
        what: `${source} is not a number`,
        rule: 'numbers are finite; where text is meant, quote it',
      })
    }
    if (value === null || typeof value === 'boolean') return { kind: 'scalar', at, value, source }
    return { kind: 'scalar', at, value: Number(value), source }
  }

  const collection = (node: YamlNode, at: number): Measured => {
    let nodes = 1
    let depth = 0
    const add = (part: Measured): Node => {
      nodes += part.nodes
      depth = Math.max(depth, part.depth)
      return part.node
    }
    if (yaml.isSeq(node)) {
      const items = node.items.map((item) => add(convert(item as YamlNode | null, at)))
      return { node: { kind: 'list', at, items }, nodes, depth: depth + 1 }
    }
    const entries = new Map<string, Entry>()
    for (const pair of yaml.isMap(node) ? node.items : []) {
      const key = pair.key as YamlNode | null
      const offset = key?.range?.[0] ?? at
      const name = keyText(key, offset)
      const end = key?.range?.[1] ?? offset
      const value = add(convert(pair.value as YamlNode | null, end))
      nodes += 1
      if (name === undefined) continue
      if (entries.has(name))
        problems.push({
          offset,
          what: `the key ${show(name)} stands here a second time`,
          rule: 'a key occurs once',
        })
      else entries.set(name, { at: offset, value })
    }
    return { node: { kind: 'map', at, entries }, nodes, depth: depth + 1 }
  }

  const keyText = (key: YamlNode | null, offset: number): string | undefined => {
    const problem = keyProblem(yaml, key)
    if (problem === undefined) return (key as Scalar<string>).value
    problems.push({ offset, ...problem })
    return undefined
  }

  const { node, nodes, depth } = convert(root, 0)
  const over = (what: string, rule: string) => ({ problems: [...problems, { offset: node.at, what, rule }] })
  if (nodes > limits.nodes) return over(`${nodes} nodes with aliases replaced`, `at most ${limits.nodes}`)
  if (depth > limits.depth)
    return over(`nested ${depth} deep with aliases replaced`, `at most ${limits.depth} levels`)
  return { root: node, problems }
}

function leaf(node: Node): Measured {
  return { node, nodes: 1, depth: 0 }
}

function keyProblem(yaml: typeof import('./yaml.ts'), key: YamlNode | null): Omit<Problem, 'at'> | undefined {
  if (key === null || !yaml.isScalar(key)) return { what: 'a key that is not text', rule: 'keys are text' }
  if (typeof key.value !== 'string') {
    const source = key.source ?? String(key.value)
    if (source === '') return { what: 'a key without text', rule: 'keys are text' }
    return {
      what: `the key ${source.slice(0, 40)} is not text, write ${show(source)}`,
      rule: 'keys are text',
    }
  }
  if (key.value === '<<' && key.type === 'PLAIN')
    return { what: 'the merge key <<', rule: 'YAML without merge keys' }
  // Objects have these already, so a resource could not be told from an inherited property.
  if (key.value === '__proto__' || key.value === 'constructor')
    return { what: `the key ${show(key.value)}`, rule: 'a word that JavaScript objects use themselves' }
  return undefined
}
