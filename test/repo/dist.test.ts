import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bootstrapper, synthesizer } from '../../cdktf/index.ts'
import type { Bundle } from '../../scripts/bundle.ts'
import { bytesByPart, startPaths } from '../../scripts/bytes.ts'
import { loadSystem } from '../../src/config/load.ts'
import { accessesOf } from '../../src/domain/trust/access.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'

const root = join(import.meta.dirname, '../..')
/** What dist/ is made from. */
const SOURCES = ['src', 'actions', 'cdktf', 'scripts', 'package.json', 'tsconfig.json', 'action.yml']
const REPOSITORY = { owner: 'octo', name: 'films', ownerId: '11', id: '77' }

let scratch: string
let here: string
let built: Bundle

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'sluice-dist-'))
  here = join(scratch, 'here')
  const { bundle } = await import('../../scripts/bundle.ts')
  built = await bundle(root, here)
})
afterAll(() => rmSync(scratch, { recursive: true }))

/** Digest of every file below a folder, by path. */
function digests(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const pairs = files.map((entry) => {
    const path = join(entry.parentPath, entry.name)
    return [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]
  })
  return Object.fromEntries(pairs.sort())
}

test('R11 a rebuild from a copy in another path equals every file byte for byte', async () => {
  const copy = join(scratch, 'a copy, elsewhere')
  for (const source of SOURCES.filter((path) => existsSync(join(root, path)))) {
    cpSync(join(root, source), join(copy, source), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const there = join(scratch, 'there')
  const { bundle } = (await import(
    join(copy, 'scripts/bundle.ts')
  )) as typeof import('../../scripts/bundle.ts')
  await bundle(copy, there)
  expect(digests(there)).toEqual(digests(here))
})

test('R11 the committed dist/ is what its sources make, so one changed byte is seen', () => {
  expect(digests(join(root, 'dist'))).toEqual(digests(here))
})

test('R11 no path of the machine is in any file', () => {
  for (const name of Object.keys(digests(here))) {
    expect(readFileSync(join(here, name)).includes(root), `${name} holds ${root}`).toBe(false)
  }
})

test('a door holds only what it needs to refuse bad input: no package, no cloud, at most 24 KiB', () => {
  for (const [path, { bytes }] of Object.entries(built.doors.outputs)) {
    expect(bytes, path).toBeLessThan(24 * 1024)
  }
  const doors = Object.keys(built.doors.inputs)
  expect(
    doors.filter((path) => /node_modules|src\/(providers|commands|config|gate|report)\//.test(path)),
  ).toEqual([])
})

test('dist/ weighs at most 4 MB, and 1.2 MB of it are loaded by all starts together', () => {
  const sizes = readdirSync(here, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(4_000_000)
  const start = startPaths(built)
  expect([...start.keys()]).toEqual(
    expect.arrayContaining([
      'cli.js',
      'release.js',
      'chunks/src-commands-synth.js',
      'chunks/src-config-library.js',
    ]),
  )
  expect([...start.values()].reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(1_200_000)
})

test('every byte of it is bought for something that has a name', () => {
  const parts = bytesByPart(built)
  expect([...parts.keys()]).not.toContain('other')
  expect(parts.get('other packages')).toBeLessThan(250_000)
})

test.each(['actor-detection', 'chicago-crime', 'fashion-catalog', 'filmlens', 'video-processing'])(
  'the bundled compiler makes of %s, with tables for bindings, what the bindings make',
  async (name) => {
    const folder = join(root, 'examples', name)
    const { system } = await loadSystem(nodeFiles, join(folder, 'sluice.yml'), 'production', folder)
    const bundled = (await import(
      join(here, 'chunks/cdktf-index.js')
    )) as typeof import('../../cdktf/index.ts')
    const stacks = await bundled.synthesizer.synthesize({ system, images: {} })
    expect(JSON.stringify(stacks)).toBe(JSON.stringify(await synthesizer.synthesize({ system, images: {} })))
    const accesses = accessesOf('production', { repository: REPOSITORY, workflows: [], legacySubject: false })
    expect(JSON.stringify(await bundled.bootstrapper.bootstrap({ system, accesses }))).toBe(
      JSON.stringify(await bootstrapper.bootstrap({ system, accesses })),
    )
  },
)

test('every name that a file imports of another one is exported there: bundles are linked only when they are run', () => {
  const texts = new Map(
    Object.keys(digests(here))
      .filter((name) => name.endsWith('.js'))
      .map((name) => [name, readFileSync(join(here, name), 'utf8')]),
  )
  const exported = (name: string): Set<string> => {
    const lists = [...(texts.get(name) ?? '').matchAll(/\bexport\s*\{([^{}]*)\}/g)]
    return new Set(
      lists.flatMap(([, list = '']) => list.split(',').map((one) => one.split(' as ').at(-1)?.trim() ?? '')),
    )
  }
  let checked = 0
  for (const [name, text] of texts) {
    for (const [, list = '', from = ''] of text.matchAll(/\bimport\s*\{([^{}]*)\}\s*from\s*"(\.[^"]+)"/g)) {
      const target = join(name, '..', from)
      const there = exported(target)
      for (const one of list.split(',')) {
        const wanted = one.split(' as ')[0]?.trim() ?? ''
        expect(there.has(wanted), `${name} imports ${wanted} of ${target}`).toBe(true)
        checked += 1
      }
    }
  }
  expect(checked).toBeGreaterThan(1000)
})

test('what one cloud needs is loaded by that cloud alone', () => {
  const loadedWith = (name: string): string[] => {
    const seen = new Set<string>()
    const visit = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      const next = built.lazy.outputs[path]?.imports ?? []
      for (const { path: to, kind } of next) if (kind === 'import-statement') visit(to)
    }
    visit(Object.keys(built.lazy.outputs).find((path) => path.endsWith(name)) ?? name)
    return [...seen].flatMap((path) => Object.keys(built.lazy.outputs[path]?.inputs ?? {}))
  }
  const cli = loadedWith('chunks/src-cli-run.js')
  expect(cli).toContain('src/cli/run.ts')
  expect(cli.filter((path) => /src\/providers\/(?!index|provider)/.test(path))).toEqual([])
  expect(cli.filter((path) => /node_modules\/(zod|yaml|undici|@aws-sdk|@actions)\//.test(path))).toEqual([])
})

/** Every source and every file of a package that is in some bundle. */
function inputs(): string[] {
  return [built.doors, built.lazy, built.compilers].flatMap((metafile) => Object.keys(metafile.inputs))
}

test('no bundle carries the barrel of a provider, which would be 500 MB to load', () => {
  const bindings = inputs().filter((path) => path.includes('@cdktf/provider-'))
  expect(bindings.length).toBeGreaterThan(100)
  expect(bindings.filter((path) => /provider-[a-z]+\/lib\/index\.js$/.test(path))).toEqual([])
})

test('the notices name every bundled package with its licence', () => {
  const text = readFileSync(join(here, 'NOTICES.txt'), 'utf8')
  const packages = new Set(
    inputs()
      .map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
      .filter((name) => name !== undefined),
  )
  expect(packages.size).toBeGreaterThan(0)
  for (const name of packages) expect(text).toMatch(new RegExp(`^${name} \\d\\S* \\(\\S.*\\)$`, 'm'))
})
