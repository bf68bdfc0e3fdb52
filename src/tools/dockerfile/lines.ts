import type { Escape, Heredoc } from './instruction.ts'
import { splitWords } from './words.ts'

/** One instruction as text: continuations joined, comments gone, here-documents taken off. */
export interface LogicalLine {
  /** The first line, counted from 1. */
  readonly line: number
  readonly keyword: string
  readonly rest: string
  readonly heredocs: readonly Heredoc[]
  /** The delimiter of a here-document that never ends. */
  readonly unterminated: string | undefined
}

export interface Directives {
  readonly syntax: string | undefined
  readonly escape: Escape
  readonly problems: readonly { readonly line: number; readonly what: string }[]
}

const DIRECTIVE = /^#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*$/
const COMMENT = /^[ \t]*#/
/** Only these may read a here-document; `<<` means nothing elsewhere. */
const WITH_HEREDOC = new Set(['run', 'copy', 'add'])

/** A byte order mark and the line ends of Windows mean nothing in a Dockerfile. */
export function physicalLines(text: string): string[] {
  return text.replace(/^\ufeff/, '').split(/\r?\n/)
}

/**
 * Parser directives stand above everything else; the first other line, comments included, ends them.
 * @see https://docs.docker.com/reference/dockerfile/#parser-directives
 */
export function readDirectives(lines: readonly string[]): Directives {
  const found = new Map<string, string>()
  const problems: { line: number; what: string }[] = []
  for (const [index, line] of lines.entries()) {
    if (index === 0 && line.startsWith('#!')) continue
    const match = DIRECTIVE.exec(line)
    const [name, value] = [match?.[1]?.toLowerCase(), match?.[2]]
    if (name === undefined || value === undefined || !['syntax', 'escape', 'check'].includes(name)) break
    if (found.has(name)) problems.push({ line: index + 1, what: `the directive ${name} stands here twice` })
    else found.set(name, value)
    if (name === 'escape' && value !== '\\' && value !== '`') {
      problems.push({ line: index + 1, what: `escape=${value} is neither \\ nor \`` })
    }
  }
  return {
    syntax: found.get('syntax'),
    escape: found.get('escape') === '`' ? '`' : '\\',
    problems,
  }
}

export function logicalLines(lines: readonly string[], mark: Escape): LogicalLine[] {
  const sign = mark === '\\' ? '\\\\' : '`'
  const continued = new RegExp(`(^|[^${sign}])${sign}[ \\t]*$`)
  const result: LogicalLine[] = []
  let next = 0
  while (next < lines.length) {
    const start = next
    let text = ''
    let open = true
    while (open && next < lines.length) {
      const line = lines[next++] ?? ''
      // Comments and, by an old habit that Docker keeps, empty lines do not end a continuation.
      if (COMMENT.test(line) || (text !== '' && line.trim() === '')) continue
      open = continued.test(line)
      text += open ? line.replace(continued, '$1') : line
      if (text.trim() === '') break
    }
    const match = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(text)
    if (match === null) continue
    const keyword = (match[1] ?? '').toLowerCase()
    const rest = match[2] ?? ''
    const heredocs: Heredoc[] = []
    let unterminated: string | undefined
    for (const opening of heredocOpenings(keyword, rest, mark)) {
      const body: string[] = []
      for (;;) {
        const line = lines[next++]
        if (line === undefined) {
          unterminated = opening.name
          break
        }
        const content = opening.chomp ? line.replace(/^\t+/, '') : line
        if (content === opening.name) break
        body.push(`${content}\n`)
      }
      heredocs.push({ name: opening.name, text: body.join(''), expand: opening.expand })
    }
    result.push({ line: firstLine(lines, start), keyword, rest, heredocs, unterminated })
  }
  return result
}

/** Comments and blank lines above an instruction are not where it stands. */
function firstLine(lines: readonly string[], start: number): number {
  let line = start
  while (COMMENT.test(lines[line] ?? '') || (lines[line] ?? '').trim() === '') line++
  return line + 1
}

interface Opening {
  readonly name: string
  readonly chomp: boolean
  readonly expand: boolean
}

/** BuildKit looks for whole words of the form `[fd]<<[-]NAME` (frontend/dockerfile/parser, `heredocFromMatch`). */
function heredocOpenings(keyword: string, rest: string, mark: Escape): Opening[] {
  const text = keyword === 'onbuild' ? rest.replace(/^\S+\s*/, '') : rest
  const reader = keyword === 'onbuild' ? (/^\S+/.exec(rest)?.[0] ?? '').toLowerCase() : keyword
  if (!WITH_HEREDOC.has(reader) || !text.includes('<<')) return []
  return splitWords(text, mark).flatMap((word) => {
    const match = /^\d*<<(-?)(["']?)([^<"'\s]+)\2$/.exec(word)
    if (match === null) return []
    return [{ name: match[3] ?? '', chomp: match[1] === '-', expand: match[2] === '' }]
  })
}
