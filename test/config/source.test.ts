import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainValue } from '../../src/config/document.ts'
import { loadDocument, loadSystem } from '../../src/config/load.ts'
import { LIMITS, parseSource } from '../../src/config/source.ts'
import { MAX_BYTES } from '../../src/config/text.ts'
import { SluiceError } from '../../src/domain/error.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'
import type { Files } from '../../src/runtime/runtime.ts'

const HEAD = 'system: s\nenvironments: { local: { cloud: local } }\n'

async function messageOf(files: Files, path = '/project/s.yml'): Promise<string> {
  const thrown = await loadDocument(files, path, '/project').then(
    () => new Error('accepted'),
    (error: unknown) => error as Error,
  )
  if (thrown instanceof SluiceError && thrown.outcome === 'usage') return thrown.message
  throw thrown
}

const messageOfText = (text: string): Promise<string> =>
  messageOf(new MemoryFiles({ '/project/s.yml': text }))

describe('R45 what is no text of at most 64 KiB is refused by name', () => {
  test('a missing file, with the place of the documented example', async () => {
    expect(await messageOf(new MemoryFiles())).toBe('s.yml: no such file')
  })

  test('a file outside the folder of the user is named whole', async () => {
    expect(await messageOf(new MemoryFiles(), '/else/s.yml')).toBe('/else/s.yml: no such file')
  })

  test('a directory', async () => {
    const files = new MemoryFiles({ '/project/s.yml/inner': '' })
    expect(await messageOf(files)).toBe('s.yml is a directory (the configuration is a regular file)')
  })

  test('an empty file', async () => {
    expect(await messageOfText('')).toBe(
      's.yml:1:1: the file is empty (it needs at least system and environments)',
    )
  })

  test.each(['symlink', 'other'] as const)('a %s is not read', async (kind) => {
    const files = new MemoryFiles({ '/project/s.yml': HEAD })
    const stat = async () => ({ kind, size: 4, mode: 0o644, modified: 0 })
    const read = async () => expect.unreachable('it was read')
    expect(await messageOf({ ...bound(files), stat, read })).toContain('the configuration is a regular file')
  })

  test('a file of 10 MB is refused by its size, unread', async () => {
    const files = new MemoryFiles({ '/project/s.yml': HEAD })
    const stat = async () => ({ kind: 'file' as const, size: 10_000_000, mode: 0o644, modified: 0 })
    const read = async () => expect.unreachable('it was read')
    expect(await messageOf({ ...bound(files), stat, read })).toBe(
      's.yml:1:1: the file has 10000000 bytes (at most 65536)',
    )
  })

  test('a file that grew after it was measured', async () => {
    const files = new MemoryFiles({ '/project/s.yml': `${HEAD}#${'x'.repeat(MAX_BYTES)}` })
    const stat = async () => ({ kind: 'file' as const, size: 60, mode: 0o644, modified: 0 })
    expect(await messageOf({ ...bound(files), stat })).toContain('(at most 65536)')
  })

  test('exactly 64 KiB is read', async () => {
    const text = `${HEAD}#`.padEnd(MAX_BYTES, 'x')
    await loadDocument(new MemoryFiles({ '/project/s.yml': text }), '/project/s.yml', '/project')
  })

  test('a byte that is not UTF-8, at its place', async () => {
    const files = new MemoryFiles()
    await files.write(
      '/project/s.yml',
      Buffer.concat([Buffer.from('system: s\nx: ä'), Buffer.from([0xc3, 0x28])]),
    )
    expect(await messageOf(files)).toBe('s.yml:2:5: a byte that is not UTF-8 (the file is UTF-8 text)')
  })

  test('a byte order mark at the start is no part of the text', async () => {
    expect(await messageOfText(`\ufeffsytem: s\n`)).toContain('s.yml:1:1: unknown key "sytem"')
  })
})

describe('R45 text that YAML made something else of is read from the source', () => {
  const config = (version: string): string =>
    `${HEAD}images: { a: { context: a, args: { V: ${version} } } }\n`

  test.each([
    '1.10',
    '1234567e8',
    '0e12345',
    '012345678901',
    '0x1F',
    '1e999',
    'true',
    'False',
    '-0',
    '+1.0',
    '1_000',
    'no',
    '12:30:45',
    '2026-01-01',
  ])('%s is kept as it stands', async (text) => {
    const { system } = await load(config(text))
    expect(system.images['a']).toMatchObject({ args: { V: text } })
  })

  test('an account keeps its leading zero', async () => {
    const { system } = await load(
      'system: s\nenvironments: { local: { cloud: aws, region: us-east-1, account: 012345678901 } }\n',
    )
    expect(system.environment.account).toBe('012345678901')
  })

  test('quoted text stays text where a number is wanted', async () => {
    expect(await messageOfText(`${HEAD}databases: { db: { backup-days: "7" } }\n`)).toBe(
      's.yml:3:33: databases.db.backup-days: found "7", write it without quotes (expected a whole number from 0 to 35)',
    )
  })

  test('an alias may be text in one place and a number in another', async () => {
    const { system } = await load(
      `${HEAD}images: { a: { context: a, args: { V: &n 10 } } }\nservices: { x: { image: a, port: *n } }\n`,
    )
    expect([system.images['a'], system.services['x']?.port]).toMatchObject([{ args: { V: '10' } }, 10])
  })

  async function load(text: string) {
    return loadSystem(new MemoryFiles({ '/project/s.yml': text }), '/project/s.yml', 'local', '/project')
  }
})

describe('R45 work is bounded before it is done', () => {
  const nodes = (count: number): string => `a: [${Array.from({ length: count - 3 }, () => 'x').join(',')}]`

  test('2,000 nodes are read, 2,001 are not', async () => {
    expect((await parseSource(nodes(LIMITS.nodes), 's.yml')).document).toBeDefined()
    const { problems } = await parseSource(nodes(LIMITS.nodes + 1), 's.yml')
    expect(problems).toEqual([
      { at: 's.yml:1:1', what: '2001 nodes with aliases replaced', rule: 'at most 2000' },
    ])
  })

  test('20 levels are read, 21 are not', async () => {
    const nested = (depth: number): string => `a: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`
    expect((await parseSource(nested(LIMITS.depth), 's.yml')).problems).toEqual([])
    expect((await parseSource(nested(LIMITS.depth + 1), 's.yml')).problems).toMatchObject([
      { rule: 'at most 20 levels' },
    ])
  })

  test('50 aliases are read, 51 are not', async () => {
    const aliases = (count: number): string =>
      `a: &a 1\nb: [${Array.from({ length: count }, () => '*a').join(', ')}]`
    expect((await parseSource(aliases(LIMITS.aliases), 's.yml')).problems).toEqual([])
    expect((await parseSource(aliases(LIMITS.aliases + 1), 's.yml')).problems).toMatchObject([
      { rule: 'at most 50' },
    ])
  })

  const hostile = [
    '[',
    '{',
    '- ',
    '? ',
    ': ',
    '\n',
    '#\n',
    ' ',
    '\t',
    '""',
    '"":',
    '&a ',
    '*a ',
    '!',
    '%a\n',
    '---\n',
    '...\n',
    '|\n',
    '>\n',
    '[]',
    '[{',
    '-\n',
    ':\n',
    'a:\n',
    "''",
    '\r\n',
    'a: b\n',
    '? - ',
    '@',
    '`',
    ',',
    '{a: ',
    "'\n",
    '"\\x',
    '<<: ',
    '\ufeff',
    'x\n ',
  ]

  test.each(hostile)('64 KiB of %j end in problems, not in an exception', async (piece) => {
    const text = piece.repeat(Math.floor((MAX_BYTES - 4) / Buffer.byteLength(piece)))
    for (const start of ['', 'a: ', 'a:\n  - ']) expect(await messageOfText(start + text)).toMatch(/^s\.yml:/)
  })

  test('any mix of such pieces ends in problems, few of them', async () => {
    const pieces = fc.array(
      fc.tuple(fc.constantFrom(...hostile, ...HEAD.split(' ')), fc.integer({ min: 1, max: 300 })),
      { maxLength: 40 },
    )
    const judge = async (parts: readonly (readonly [string, number])[]): Promise<boolean> => {
      const text = parts
        .map(([piece, times]) => piece.repeat(times))
        .join('')
        .slice(0, MAX_BYTES / 4)
      const { document, problems } = await parseSource(text, 's.yml')
      if (document === undefined) return problems.length > 0 && problems.length <= 20
      return JSON.stringify(plainValue(document.root)).length < 1_000_000
    }
    await fc.assert(fc.asyncProperty(pieces, judge), { numRuns: 500 })
  })

  test('any text is accepted or refused with places inside it', async () => {
    const judge = async (text: string): Promise<boolean> => {
      const { problems } = await parseSource(text, 's.yml')
      const lines = text.split('\n')
      return problems.every(({ at }) => {
        const [, line, column] = /:(\d+):(\d+)$/.exec(at ?? '') ?? []
        const length = lines[Number(line) - 1]?.length
        return length !== undefined && Number(column) >= 1 && Number(column) <= length + 1
      })
    }
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), judge), { numRuns: 1000 })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'ab:-[]{}?*&!|>\'"%@#, \n\t') }), judge),
      { numRuns: 2000 },
    )
  })

  test('names that are alike but unknown cost a bounded search', async () => {
    const services = Array.from(
      { length: 200 },
      (_, i) => `  ${'a'.repeat(50)}${i}: { image: ${'b'.repeat(50)}${i} }`,
    )
    const images = Array.from({ length: 300 }, (_, i) => `  ${'b'.repeat(40)}${i}x: {}`)
    const message = await messageOfText(
      `${HEAD}services:\n${services.join('\n')}\nimages:\n${images.join('\n')}\n`,
    )
    expect(message.split('\n')).toHaveLength(500)
    expect(message).toContain(' and 276 more)')
  })
})

/** The methods of a class, as members of their own that a spread copies. */
function bound(files: MemoryFiles): Files {
  return {
    read: (path) => files.read(path),
    write: (path, content, options) => files.write(path, content, options),
    stat: (path) => files.stat(path),
    list: (path) => files.list(path),
    remove: (path) => files.remove(path),
  }
}
