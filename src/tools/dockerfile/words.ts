// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of a Dockerfile
import type { Escape } from './instruction.ts'

/** Splits at white space outside quotes; quotes and escapes stay in the words. */
export function splitWords(text: string, mark: Escape): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (char === mark && quote !== "'" && i + 1 < text.length) {
      word += char + text.charAt(++i)
    } else if (quote !== '') {
      word += char
      if (char === quote) quote = ''
    } else if (char === '"' || char === "'") {
      quote = char
      word += char
    } else if (/\s/.test(char)) {
      if (word !== '') words.push(word)
      word = ''
    } else word += char
  }
  if (word !== '') words.push(word)
  return words
}

/** A JSON array of strings, the exec form; undefined for anything else, which then is the shell form. */
export function execForm(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

export type Variables = Readonly<Record<string, string>>

/** Thrown inside expansion; the caller adds file and line. */
export class ExpansionProblem extends Error {}

/**
 * Quotes removed, escapes undone, variables put in: `$X`, `${X}`, `${X:-w}`, `${X-w}`, `${X:+w}`, `${X+w}`, `${X:?w}`,
 * `${X?w}`, `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`, `${X/p/r}`, `${X//p/r}`. An unknown variable is empty.
 * Follows moby/buildkit frontend/dockerfile/shell/lex.go.
 *
 * @throws ExpansionProblem where a quote or brace never ends, or `${X:?w}` says so.
 */
export function expand(text: string, variables: Variables, mark: Escape): string {
  return new Expansion(text, variables, mark).until('')
}

class Expansion {
  readonly #text: string
  readonly #variables: Variables
  readonly #mark: Escape
  #at = 0

  constructor(text: string, variables: Variables, mark: Escape) {
    this.#text = text
    this.#variables = variables
    this.#mark = mark
  }

  /** Reads to the end, or up to and over one of these characters. */
  until(stops: string): string {
    let result = ''
    for (;;) {
      const char = this.#take()
      if (char === '') {
        if (stops !== '') throw new ExpansionProblem(`"${this.#text}" has a \${ that never ends`)
        return result
      }
      if (stops.includes(char)) {
        this.#stop = char
        return result
      }
      if (char === "'") result += this.#single()
      else if (char === '"') result += this.#double()
      else if (char === '$') result += this.#dollar()
      else if (char === this.#mark) result += this.#take()
      else result += char
    }
  }

  #stop = ''

  #take(): string {
    return this.#text.charAt(this.#at++)
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at)
    if (end < 0) throw new ExpansionProblem(`"${this.#text}" has a ' that never ends`)
    const inside = this.#text.slice(this.#at, end)
    this.#at = end + 1
    return inside
  }

  #double(): string {
    let result = ''
    for (;;) {
      const char = this.#take()
      if (char === '') throw new ExpansionProblem(`${this.#text} has a " that never ends`)
      if (char === '"') return result
      if (char === '$') result += this.#dollar()
      else if (char === this.#mark) {
        const next = this.#take()
        result += next === '"' || next === '$' || next === this.#mark ? next : char + next
      } else result += char
    }
  }

  #dollar(): string {
    if (this.#text.charAt(this.#at) !== '{') {
      const name = this.#name()
      return name === '' ? '$' : this.#value(name)
    }
    this.#at++
    const name = this.#name()
    if (name === '') throw new ExpansionProblem(`"${this.#text}" has \${ without a name`)
    const value = this.#variables[name]
    const sign = this.#take()
    switch (sign) {
      case '}':
        return value ?? ''
      case ':': {
        const kind = this.#take()
        return this.#fallback(name, kind, value === '' ? undefined : value)
      }
      case '-':
      case '+':
      case '?':
        return this.#fallback(name, sign, value)
      case '#':
      case '%':
        return this.#trimmed(sign, value ?? '')
      case '/':
        return this.#replaced(value ?? '')
      case '':
        throw new ExpansionProblem(`"${this.#text}" has a \${ that never ends`)
      default:
        throw new ExpansionProblem(`"${this.#text}" has the unknown form \${${name}${sign}`)
    }
  }

  #fallback(name: string, kind: string, value: string | undefined): string {
    const word = this.until('}')
    if (kind === '-') return value ?? word
    if (kind === '+') return value === undefined ? '' : word
    if (kind === '?') {
      if (value !== undefined) return value
      throw new ExpansionProblem(`${name}: ${word === '' ? 'is not set' : word}`)
    }
    throw new ExpansionProblem(`"${this.#text}" has the unknown form \${${name}:${kind}`)
  }

  #trimmed(sign: '#' | '%', value: string): string {
    const longest = this.#text.charAt(this.#at) === sign
    if (longest) this.#at++
    const glob = globSource(this.until('}'), longest)
    if (sign === '#') return value.replace(new RegExp(`^${glob}`, 's'), '')
    // A lazy pattern still starts at the first place that fits, so the shortest suffix is searched from the end.
    const whole = new RegExp(`^${glob}$`, 's')
    const starts = Array.from({ length: value.length + 1 }, (_, i) => (longest ? i : value.length - i))
    const start = starts.find((i) => whole.test(value.slice(i)))
    return start === undefined ? value : value.slice(0, start)
  }

  #replaced(value: string): string {
    const all = this.#text.charAt(this.#at) === '/'
    if (all) this.#at++
    const pattern = this.until('/}')
    const replacement = this.#stop === '/' ? this.until('}') : ''
    if (pattern === '') return value
    return value.replace(new RegExp(globSource(pattern, true), all ? 'gs' : 's'), () => replacement)
  }

  #name(): string {
    const match = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#])/.exec(this.#text.slice(this.#at))
    this.#at += match?.[0].length ?? 0
    return match?.[0] ?? ''
  }

  #value(name: string): string {
    return this.#variables[name] ?? ''
  }
}

function globSource(glob: string, longest: boolean): string {
  return glob
    .split('')
    .map((char) => {
      if (char === '*') return longest ? '.*' : '.*?'
      if (char === '?') return '.'
      return char.replace(/[\\^$.|+()[\]{}]/, '\\$&')
    })
    .join('')
}
