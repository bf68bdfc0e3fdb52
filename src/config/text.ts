import { basename, relative } from 'node:path'
import { type Problem, usageError } from '../domain/error.ts'
import type { Files } from '../runtime/runtime.ts'

/** Promise R45: checked by the size that the file system reports, before anything is read. */
export const MAX_BYTES = 64 * 1024

/** How messages call a file: relative to where the user stands, absolute where that would climb. */
export function displayName(absoluteFile: string, cwd: string): string {
  const short = relative(cwd, absoluteFile)
  return short === '' || short.startsWith('..') ? absoluteFile : short
}

/**
 * The text of sluice.yml.
 *
 * @throws SluiceError usage where there is no regular file of at most 64 KiB with clean UTF-8 in it.
 */
export async function readText(files: Files, absoluteFile: string, file: string): Promise<string> {
  const stat = await files.stat(absoluteFile)
  if (stat === undefined) {
    throw usageError({
      what: `${file}: no such file`,
      remedy: `create ${basename(absoluteFile)} (sluice.example.yml shows every key), or name another with --file`,
    })
  }
  if (stat.kind !== 'file') {
    const kind = { directory: 'a directory', symlink: 'a symbolic link', other: 'not a regular file' }[
      stat.kind
    ]
    throw usageError({
      what: `${file} is ${kind}`,
      rule: 'the configuration is a regular file',
      remedy: 'name the file itself with --file',
    })
  }
  refuseSize(file, stat.size)
  const bytes = await files.read(absoluteFile)
  if (bytes === undefined) throw usageError({ what: `${file}: no such file` })
  // It may have grown since it was measured.
  refuseSize(file, bytes.length)
  return decode(bytes, file)
}

function refuseSize(file: string, size: number): void {
  if (size === 0)
    throw usageError({
      at: `${file}:1:1`,
      what: 'the file is empty',
      rule: 'it needs at least system and environments',
      remedy: 'start from a copy of sluice.example.yml',
    })
  if (size > MAX_BYTES) {
    throw usageError({
      at: `${file}:1:1`,
      what: `the file has ${size} bytes`,
      rule: `at most ${MAX_BYTES}`,
      remedy: 'see that it is the configuration; long lists belong into files of the repository',
    })
  }
}

function decode(bytes: Uint8Array, file: string): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // The longest good beginning says where the bad byte is.
    const good = new TextDecoder('utf-8').decode(bytes).indexOf('\ufffd')
    const before = new TextDecoder('utf-8').decode(bytes).slice(0, good)
    const line = before.split('\n').length
    const column = good - before.lastIndexOf('\n')
    throw usageError({
      at: `${file}:${line}:${column}`,
      what: 'a byte that is not UTF-8',
      rule: 'the file is UTF-8 text',
    })
  }
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

const FORBIDDEN: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/\0/g, 'a NUL character'],
  // Text that is shown in another order than it is read (Trojan Source, CVE-2021-42574).
  [/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, 'a bidirectional control character'],
  [
    /^[ \t]*[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff]/gm,
    'a space that is not U+0020 in the indentation',
  ],
  [/[\u0085\u2028\u2029]|\r(?!\n)/g, 'a line break that is not LF or CRLF'],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  [/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f]/g, 'a control character'],
]

/** Characters that make a file mean something else than it shows. `place` says where an offset is. */
export function forbiddenCharacters(text: string, place: (offset: number) => string): Problem[] {
  return FORBIDDEN.flatMap(([pattern, what]) => {
    const match = text.matchAll(pattern).next().value
    if (match === undefined) return []
    const last = match[0].length - 1
    const code = match[0].charCodeAt(last).toString(16).toUpperCase().padStart(4, '0')
    return [
      {
        at: place(match.index + last),
        what: `${what}, U+${code}`,
        rule: 'plain text, spaces for indentation',
      },
    ]
  })
}
