import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Bundle } from '../../scripts/bundle.ts'

const root = join(import.meta.dirname, '../..')
/** What dist/ is made from. */
const SOURCES = ['src', 'actions', 'cdktf', 'scripts', 'package.json', 'tsconfig.json', 'action.yml']

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
