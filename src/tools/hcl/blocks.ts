/** A block at the top of an HCL file: `output "sluice" {` is type `output` with one label. */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
}

/**
 * The blocks at the top of an HCL file, in order. What stands inside them is passed over by its lexical rules alone: comments,
 * texts with templates in them, heredocs and brackets. Of a file that is not HCL it tells what it could follow; the engine says
 * what is wrong with it.
 * https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
 */
export function topBlocks(text: string): Block[] {
  const blocks: Block[] = []
  let words: string[] = []
  for (let at = 0; at < text.length; ) {
    const comment = afterComment(text, at)
    if (comment > at) {
      at = comment
      continue
    }
    const char = text[at] ?? ''
    if (char === '{') {
      const [type, ...labels] = words
      if (type !== undefined) blocks.push({ type, labels })
      words = []
      at = afterBrackets(text, at)
    } else if (char === '=') {
      words = []
      at = afterLine(text, at)
    } else if (char === '"') {
      const end = afterText(text, at)
      words.push(text.slice(at + 1, end - 1))
      at = end
    } else if (char === '\n') {
      words = []
      at += 1
    } else {
      const word = /[\p{L}_][\p{L}\p{N}_-]*/uy
      word.lastIndex = at
      const found = word.exec(text)?.[0]
      if (found !== undefined) words.push(found)
      at += found?.length ?? 1
    }
  }
  return blocks
}

/** Where a comment that begins here has ended; `at` where none begins. */
function afterComment(text: string, at: number): number {
  if (text[at] === '#' || text.startsWith('//', at)) return orEnd(text, text.indexOf('\n', at))
  if (!text.startsWith('/*', at)) return at
  const end = text.indexOf('*/', at + 2)
  return end < 0 ? text.length : end + 2
}

/** After the closing quote; `${` and `%{` begin templates, in which texts may stand, unless the sign is doubled. */
function afterText(text: string, open: number): number {
  for (let at = open + 1; at < text.length; ) {
    if (text[at] === '\\') at += 2
    else if (text.startsWith('$${', at) || text.startsWith('%%{', at)) at += 3
    else if (text.startsWith('${', at) || text.startsWith('%{', at)) at = afterBrackets(text, at + 1)
    else if (text[at] === '"') return at + 1
    else at += 1
  }
  return text.length
}

/** After the bracket that closes the one here. */
function afterBrackets(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; ) {
    if ('{[('.includes(text[at] ?? '')) depth += 1
    if ('}])'.includes(text[at] ?? '')) depth -= 1
    if (depth === 0) return at + 1
    at = afterPart(text, at)
  }
  return text.length
}

/** After the value of an attribute, which ends with its line unless a bracket is open. */
function afterLine(text: string, from: number): number {
  let at = from
  while (at < text.length && text[at] !== '\n') {
    at = '{[('.includes(text[at] ?? '') ? afterBrackets(text, at) : afterPart(text, at)
  }
  return at
}

/** After a comment, a text or a heredoc that begins here, or after one character. */
function afterPart(text: string, at: number): number {
  const comment = afterComment(text, at)
  if (comment > at) return comment
  if (text[at] === '"') return afterText(text, at)
  const heredoc = /<<-?([\p{L}_][\p{L}\p{N}_-]*)\r?\n/uy
  heredoc.lastIndex = at
  const [opening, mark] = heredoc.exec(text) ?? []
  if (opening === undefined || mark === undefined) return at + 1
  const end = new RegExp(`^[ \\t]*${mark}[ \\t]*\\r?$`, 'mu').exec(text.slice(at + opening.length))
  return end === null ? text.length : at + opening.length + end.index + end[0].length
}

const orEnd = (text: string, at: number): number => (at < 0 ? text.length : at)
