import { posix } from 'node:path'
import { type Problem, usageError } from '../../domain/error.ts'

/**
 * What .dockerignore leaves out, exactly as BuildKit decides it: moby/patternmatcher (`MatchesUsingParentResults`,
 * `compile`) and its `ignorefile` package. The last pattern that fits a path or its folder decides; `!` takes back in.
 */
export interface Ignore {
  /** True where something below an ignored folder may come back in, so the folder has to be looked into. */
  readonly hasExceptions: boolean
  /** The decision on an entry of a folder whose own decision is known; `ROOT` for the context itself. */
  decide(folder: IgnoreDecision, path: string): IgnoreDecision
  /** The same for one path alone, relative to the context, with `/`. */
  ignores(path: string): boolean
}

/** A decision and, for what lies below, which patterns fit so far. */
export interface IgnoreDecision {
  readonly ignored: boolean
  readonly fits: readonly boolean[]
}

export const ROOT: IgnoreDecision = { ignored: false, fits: [] }

interface Pattern {
  readonly exception: boolean
  readonly regexp: RegExp
}

export const NOTHING_IGNORED: Ignore = ignoreOf([])

/** @throws SluiceError usage with every pattern that cannot be read, as file:line. */
export function parseIgnore(text: string, file: string): Ignore {
  const patterns: Pattern[] = []
  const problems: Problem[] = []
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.startsWith('#') || line.trim() === '') continue
    const trimmed = line.trim()
    const exception = trimmed.startsWith('!')
    const glob = exception ? trimmed.slice(1).trim() : trimmed
    const at = `${file}:${index + 1}`
    if (glob === '') {
      problems.push({ what: 'a "!" alone takes nothing back in', at })
      continue
    }
    const cleaned = posix.normalize(glob).replace(/(.)\/$/, '$1')
    const pattern = cleaned.length > 1 ? cleaned.replace(/^\//, '') : cleaned
    try {
      patterns.push({ exception, regexp: patternRegexp(pattern) })
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      problems.push({ what: `${glob} is not a pattern`, rule: 'a [ needs its ]', at })
    }
  }
  const [first, ...others] = problems
  if (first !== undefined) throw usageError([first, ...others])
  return ignoreOf(patterns)
}

function ignoreOf(patterns: readonly Pattern[]): Ignore {
  const decide = (folder: IgnoreDecision, path: string): IgnoreDecision => {
    const fits: boolean[] = []
    let ignored = false
    for (const [index, { exception, regexp }] of patterns.entries()) {
      // A pattern that would change nothing is not asked, and its answer for the folder is then not known below.
      const fit = folder.fits[index] === true || (exception === ignored && regexp.test(path))
      fits.push(fit)
      if (fit) ignored = !exception
    }
    return { ignored, fits }
  }
  return {
    hasExceptions: patterns.some(({ exception }) => exception),
    decide,
    ignores: (path) => {
      const parts = path.split('/')
      const paths = parts.map((_, index) => parts.slice(0, index + 1).join('/'))
      return paths.reduce(decide, ROOT).ignored
    },
  }
}

/** One glob of .dockerignore as a regular expression: `*` and `?` stay within a folder, `**` does not. */
export function patternRegexp(pattern: string): RegExp {
  let source = ''
  for (let at = 0; at < pattern.length; ) {
    const char = pattern.charAt(at)
    if (pattern.startsWith('**', at)) {
      at += pattern.charAt(at + 2) === '/' ? 3 : 2
      if (at >= pattern.length) source += '.*'
      // moby compares `**x` without further signs as a suffix; else `**` skips whole folders.
      else {
        const plain = source === '' && pattern.charAt(at - 1) !== '/' && !/[*?[\]\\]/.test(pattern.slice(at))
        source += plain ? '.*' : '(?:.*/)?'
      }
    } else if (char === '*') {
      source += '[^/]*'
      at++
    } else if (char === '?') {
      source += '[^/]'
      at++
    } else if (char === '[') {
      const end = classEnd(pattern, at)
      source += classSource(pattern.slice(at + 1, end))
      at = end + 1
    } else {
      const escaped = char === '\\' && at + 1 < pattern.length
      source += literal(escaped ? pattern.charAt(at + 1) : char)
      at += escaped ? 2 : 1
    }
  }
  return new RegExp(`^${source}$`, 'su')
}

/** Where the `]` stands that ends the class. A class without an end, or without members, is an error in Go. */
function classEnd(pattern: string, start: number): number {
  let at = start + 1
  if (pattern.charAt(at) === '^') at++
  const first = at
  for (; at < pattern.length; at++) {
    if (pattern.charAt(at) === '\\') at++
    else if (pattern.charAt(at) === ']' && at > first) return at
  }
  throw new SyntaxError(`no ] in ${pattern}`)
}

function classSource(inside: string): string {
  const negated = inside.startsWith('^')
  const members = (negated ? inside.slice(1) : inside).replace(/\\(.)|([[\]^])/gu, (_, quoted, plain) =>
    quoted === undefined ? `\\${plain}` : literal(quoted).replace(/^([-^])$/, '\\$1'),
  )
  return `[${negated ? '^/' : ''}${members}]`
}

function literal(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
}
