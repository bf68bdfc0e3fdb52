import type { CST, Document as YamlDocument } from 'yaml'
import type { Problem } from '../domain/error.ts'
import { createDocument, type Document, type MapNode } from './document.ts'
import { forbiddenCharacters } from './text.ts'
import { toTree } from './tree.ts'

/** Promise R45. Nodes are maps, lists, scalars and keys, with aliases counted as what they stand for. */
export const LIMITS = { nodes: 2000, depth: 20, aliases: 50, lexemes: 24_000 } as const

export type Yaml = typeof import('./yaml.ts')

/** The tree, unless the text has none; with a tree there may still be problems, beside those that its meaning has. */
export interface Parsed {
  readonly document?: Document
  readonly problems: readonly Problem[]
}

/** A fault that ends reading, because what follows could cost more than it is worth. */
class Stop extends Error {
  readonly offset: number
  readonly rule: string

  constructor(offset: number, what: string, rule: string) {
    super(what)
    this.offset = offset
    this.rule = rule
  }
}

/**
 * Text -> tree, by YAML 1.2's core schema without directives, tags and merge keys. Work is bounded before it is done:
 * lexemes are counted as they come, depth is measured on the flat syntax tree, and only then are nodes composed.
 */
export async function parseSource(text: string, file: string): Promise<Parsed> {
  const empty: MapNode = { kind: 'map', at: 0, entries: new Map() }
  const { place } = createDocument(file, text, empty)
  const only = (offset: number, what: string, rule: string): Parsed => ({
    problems: [{ at: place(offset), what, rule }],
  })
  const bad = forbiddenCharacters(text, place)
  if (bad.length > 0) return { problems: bad }
  const yaml = await import('./yaml.ts')
  try {
    const tokens = readTokens(yaml, text)
    refuseDepth(tokens)
    const [first, second] = compose(yaml, tokens, text.length)
    if (second !== undefined) return only(second.range[0], 'a second document', 'one document in a file')
    const faults = first?.errors ?? []
    if (faults.length > 0) {
      return {
        problems: faults.slice(0, 20).map((fault) => ({ at: place(fault.pos[0]), what: syntax(fault) })),
      }
    }
    if (first === undefined || first.contents === null) return only(0, 'the file has no content', CONTENT)
    const { root, problems } = toTree(yaml, first.contents, LIMITS)
    const placed = problems.map(({ offset, ...rest }) => ({ at: place(offset), ...rest }))
    if (root === undefined) return { problems: placed }
    if (root.kind === 'map') return { document: createDocument(file, text, root), problems: placed }
    return only(root.at, `the file is ${root.kind === 'list' ? 'a list' : 'a single value'}`, CONTENT)
  } catch (error) {
    if (error instanceof Stop) return only(error.offset, error.message, error.rule)
    throw error
  }
}

const CONTENT = 'a map with at least system and environments'

const syntax = (fault: { readonly message: string }): string => `not YAML: ${fault.message.split('\n', 1)[0]}`

/** Tokens of the whole text; stops at the first lexeme that breaks a limit or is not allowed. */
function readTokens(yaml: Yaml, text: string): CST.Token[] {
  const { CST, Lexer, Parser } = yaml
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let offset = 0
  let structural = 0
  let aliases = 0
  let anchors = 0
  let documents = 0
  let lexemes = 0
  let flow = 0
  let content = false
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1
    if (lexemes > LIMITS.lexemes)
      throw new Stop(
        offset,
        'more line breaks and tokens than a configuration needs',
        `at most ${LIMITS.lexemes}`,
      )
    // After the mark of a scalar the next lexeme is its text, whatever it looks like.
    const type: ReturnType<typeof CST.tokenType> | undefined = content ? undefined : CST.tokenType(lexeme)
    content = type === 'scalar'
    switch (type) {
      case 'directive-line':
        throw new Stop(offset, 'a YAML directive', 'YAML 1.2 without directives')
      case 'tag':
        throw new Stop(offset, `the tag ${lexeme.slice(0, 40)}`, 'YAML without tags')
      case 'alias':
        aliases += 1
        structural += 1
        if (aliases > LIMITS.aliases)
          throw new Stop(offset, `more than ${LIMITS.aliases} aliases`, `at most ${LIMITS.aliases}`)
        break
      case 'anchor':
        anchors += 1
        if (anchors > LIMITS.aliases)
          throw new Stop(offset, `more than ${LIMITS.aliases} anchors`, `at most ${LIMITS.aliases}`)
        break
      case 'doc-start':
      case 'doc-end':
        documents += 1
        if (documents > 2) throw new Stop(offset, 'a second document', 'one document in a file')
        break
      case 'flow-map-start':
      case 'flow-seq-start':
        flow += 1
        structural += 1
        if (flow > LIMITS.depth) throw tooDeep(offset)
        break
      case 'flow-map-end':
      case 'flow-seq-end':
        flow = Math.max(0, flow - 1)
        break
      case 'scalar':
      case 'single-quoted-scalar':
      case 'double-quoted-scalar':
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        structural += 1
        break
    }
    // A node is at most a scalar and the indicator before it.
    if (structural > 2 * LIMITS.nodes)
      throw new Stop(offset, `more than ${LIMITS.nodes} nodes`, `at most ${LIMITS.nodes}`)
    for (const token of parser.next(lexeme)) tokens.push(token)
    if (type !== 'doc-mode' && type !== 'flow-error-end' && type !== 'scalar') offset += lexeme.length
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

const tooDeep = (offset: number): Stop =>
  new Stop(offset, `nested deeper than ${LIMITS.depth}`, `at most ${LIMITS.depth} levels`)

function refuseDepth(tokens: readonly CST.Token[]): void {
  const open: { token: CST.Token; depth: number }[] = []
  for (const token of tokens)
    if (token.type === 'document' && token.value) open.push({ token: token.value, depth: 1 })
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next
    if (!('items' in token)) continue
    if (depth > LIMITS.depth) throw tooDeep(token.offset)
    for (const item of token.items) {
      if ('key' in item && item.key) open.push({ token: item.key, depth: depth + 1 })
      if (item.value) open.push({ token: item.value, depth: depth + 1 })
    }
  }
}

function compose(yaml: Yaml, tokens: CST.Token[], length: number): YamlDocument.Parsed[] {
  // Duplicate keys are found in tree.ts, in linear time: the library compares each key with each other.
  const composer = new yaml.Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  })
  return [...composer.compose(tokens, false, length)] as YamlDocument.Parsed[]
}
