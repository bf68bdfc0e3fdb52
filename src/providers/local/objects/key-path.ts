/**
 * Object keys as paths of a folder, and back. A key is any text of 1 to 1,024 bytes in UTF-8: `..`, `//`, upper and lower
 * case side by side, names longer than a file system allows. A path component is one of
 *
 *     o<text>  the last part of a key: a file
 *     d<text>  a part that `/` ends: a folder
 *     c<text>  the first 200 characters of a longer part: a folder
 *
 * so that no key can name `.`, `..` or the empty name, and `a` and `a/b` can both be there. `<text>` keeps a-z, 0-9, `-`,
 * `_` and `.`; an upper-case letter becomes `^` and the small one (file systems may not tell them apart), every other
 * byte `%` and two hex digits.
 *
 * Inside the store a key is its UTF-8 bytes as a string with one character a byte: `<` then compares as S3 sorts.
 */
export type ByteKey = string & { readonly __brand: 'ByteKey' }

export const LONGEST_KEY = 1024
const PART = 200

/** undefined where the text is no key: empty, longer than 1,024 bytes, or not Unicode. */
export function byteKey(key: string): ByteKey | undefined {
  if (!key.isWellFormed()) return undefined
  const bytes = toBytes(key)
  return bytes.length >= 1 && bytes.length <= LONGEST_KEY ? bytes : undefined
}

/** Any text, as prefixes and markers are: they may be empty or longer than a key. */
export function toBytes(text: string): ByteKey {
  return Buffer.from(text, 'utf8').toString('latin1') as ByteKey
}

export function textOf(key: ByteKey): string {
  return Buffer.from(key, 'latin1').toString('utf8')
}

export function pathOfKey(key: ByteKey): readonly string[] {
  const parts = key.split('/')
  return parts.flatMap((part, index) => components(part, index === parts.length - 1 ? 'o' : 'd'))
}

function components(part: string, kind: 'o' | 'd'): string[] {
  const chunks: string[] = []
  let chunk = ''
  for (const byte of part) {
    const text = encodeByte(byte)
    if (chunk.length + text.length > PART) {
      chunks.push(`c${chunk}`)
      chunk = ''
    }
    chunk += text
  }
  return [...chunks, `${kind}${chunk}`]
}

function encodeByte(byte: string): string {
  if (/[a-z0-9._-]/.test(byte)) return byte
  if (/[A-Z]/.test(byte)) return `^${byte.toLowerCase()}`
  return `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}

export interface Component {
  readonly kind: 'object' | 'folder' | 'chunk'
  readonly bytes: string
}

/** undefined for a name that the store did not make, such as a file written beside. */
export function parseComponent(name: string): Component | undefined {
  const match = /^([odc])((?:[a-z0-9._-]|\^[a-z]|%[0-9a-f]{2})*)$/.exec(name)
  if (match === null) return undefined
  const [, letter, text = ''] = match
  const bytes = text
    .replace(/\^([a-z])/g, (_, small: string) => small.toUpperCase())
    .replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return { kind: letter === 'o' ? 'object' : letter === 'd' ? 'folder' : 'chunk', bytes }
}
