/** Functions whose result depends on their arguments alone, or on chance. */
const PURE: ReadonlySet<string> = new Set([
  'base64encode',
  'concat',
  'element',
  'format',
  'join',
  'jsonencode',
  'length',
  'lower',
  'merge',
  'one',
  'replace',
  'sha256',
  'tolist',
  'toset',
  'tostring',
  'trimsuffix',
  'uuid',
])

/** Functions that read a file; of a stack's own assets alone. */
const READING: ReadonlySet<string> = new Set(['file', 'filebase64', 'filebase64sha256'])

/** A file that synthesis laid beside the stack. */
export const ASSET = /^assets\/[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/

/** The one loop that the compiler writes: the record that proves a domain to ACM. */
const PROOF =
  /\s*\[for option in aws_acm_certificate\.[\w-]+\.domain_validation_options : option\.resource_record_(?:name|type|value) if option\.domain_name == "[\w.*-]+"\]\[0\]/y

const TOKEN = /\s*(?:([A-Za-z_][\w-]*)|(\d+)|"((?:[^"\\$%]|\\.|\$(?!\{)|%(?!\{))*)"|([.,()[\]*]))/y

/**
 * What is wrong with the templates of a text; undefined where nothing is. A template refers to resources, data, locals and the
 * workspace, or calls a function of the list: no operators, no conditions, no loops, no other roots. The grammar is smaller
 * than Terraform's, on purpose: https://developer.hashicorp.com/terraform/language/expressions
 */
export function templateFault(text: string): string | undefined {
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if ((sign !== '$' && sign !== '%') || text[at + 1] !== '{') continue
    // Doubled, the engine takes it as it is; of three, its readers are not of one mind.
    if (text[at - 1] === sign && text[at - 2] === sign) return `it holds three "${sign}" before "{"`
    if (text[at - 1] === sign) continue
    if (sign === '%') return 'it holds a directive "%{"'
    const parser = new Parser(text, at + 2)
    const fault = parser.expression()
    if (fault !== undefined) return fault
    if (!parser.ends()) return `${JSON.stringify(excerpt(text, at))} is more than a reference or a call`
    at = parser.at
  }
  return undefined
}

const excerpt = (text: string, at: number): string => text.slice(at, at + 60)

interface Token {
  readonly word?: string
  readonly number?: string
  readonly text?: string
  readonly sign?: string
}

class Parser {
  readonly #text: string
  at: number
  #depth = 0

  constructor(text: string, at: number) {
    this.#text = text
    this.at = at
  }

  /** Goes on past the closing brace. */
  ends(): boolean {
    const close = /\s*\}/y
    close.lastIndex = this.at
    const found = close.test(this.#text)
    if (found) this.at = close.lastIndex - 1
    return found
  }

  expression(): string | undefined {
    if (++this.#depth > 16) return 'it is nested too deeply'
    PROOF.lastIndex = this.at
    if (PROOF.test(this.#text)) {
      this.at = PROOF.lastIndex
      return undefined
    }
    const { word, number, text, sign } = this.#next()
    if (text !== undefined || number !== undefined) return undefined
    if (sign === '[') return this.#items('a list', ']')
    if (word === undefined)
      return `${JSON.stringify(excerpt(this.#text, this.at))} is neither a reference nor a call`
    return this.#peek() === '(' ? this.#call(word) : this.#reference(word)
  }

  #call(name: string): string | undefined {
    this.#next()
    if (READING.has(name)) return this.#asset(name)
    return PURE.has(name) ? this.#items(`${name}()`, ')') : `it calls ${name}()`
  }

  #items(of: string, close: string): string | undefined {
    if (this.#peek() === close) {
      this.#next()
      return undefined
    }
    for (;;) {
      const fault = this.expression()
      if (fault !== undefined) return fault
      const { sign } = this.#next()
      if (sign === close) return undefined
      if (sign !== ',') return `what stands in ${of} is more than references, texts and calls`
    }
  }

  #asset(name: string): string | undefined {
    const { text } = this.#next()
    const { sign } = this.#next()
    return text !== undefined && ASSET.test(text) && sign === ')'
      ? undefined
      : `${name}() reads a file that is no asset of the stack`
  }

  #reference(root: string): string | undefined {
    const path = [root]
    for (;;) {
      const sign = this.#peek()
      if (sign !== '.' && sign !== '[') break
      this.#next()
      const { word, number, text, sign: star } = this.#next()
      const part = word ?? number ?? (sign === '[' ? text : undefined) ?? (star === '*' ? star : undefined)
      if (part === undefined) return `"${path.join('.')}" is followed by something that is no name`
      if (sign === '[' && this.#next().sign !== ']')
        return `"${path.join('.')}" has an index that is computed`
      path.push(part)
    }
    const known =
      path.length > 1 &&
      (/^(aws|google)_/.test(root) ||
        root === 'data' ||
        root === 'local' ||
        path.join('.') === 'terraform.workspace')
    return known ? undefined : `it refers to ${path.join('.')}`
  }

  #peek(): string | undefined {
    const before = this.at
    const { sign } = this.#next()
    this.at = before
    return sign
  }

  #next(): Token {
    TOKEN.lastIndex = this.at
    const found = TOKEN.exec(this.#text)
    if (found === null) return {}
    this.at = TOKEN.lastIndex
    const [, word, number, text, sign] = found
    if (word !== undefined) return { word }
    if (number !== undefined) return { number }
    if (text !== undefined) return { text }
    return sign === undefined ? {} : { sign }
  }
}
