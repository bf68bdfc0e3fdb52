import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The import rule of docs/architecture.md. A layer is the longest prefix below that matches a file; it may import itself
 * and what its row lists. `type:` allows imports that TypeScript erases.
 */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'src/domain': [],
  'src/runtime': ['src/domain'],
  'src/tools': ['src/domain', 'type:src/runtime'],
  'src/plan': ['src/domain'],
  'src/gate': ['src/domain'],
  'src/report': ['src/domain', 'src/gate', 'src/plan'],
  'src/config': ['src/domain', 'type:src/runtime'],
  'src/release': ['src/domain', 'type:src/runtime', 'type:src/providers/ports'],
  'src/github': ['src/domain', 'src/runtime', 'src/tools'],
  'src/mlflow': [
    'src/domain',
    'src/runtime',
    'src/tools',
    'type:src/providers/provider.ts',
    'type:src/providers/ports',
  ],
  'src/images': ['src/domain', 'src/runtime', 'src/tools', 'type:src/providers/ports'],
  'src/providers/provider.ts': ['src/domain', 'type:src/runtime', 'type:src/providers/ports'],
  'src/providers/ports': ['src/domain', 'type:src/runtime'],
  'src/providers/index.ts': ['src/domain', 'src/providers', 'src/mlflow', 'type:src/runtime'],
  'src/providers/local': [
    'src/domain',
    'src/runtime',
    'src/tools',
    'src/images',
    'src/providers/provider.ts',
    'src/providers/ports',
  ],
  'src/providers/aws': [
    'src/domain',
    'src/runtime',
    'src/tools',
    'src/images',
    'src/providers/provider.ts',
    'src/providers/ports',
  ],
  'src/providers/gcp': [
    'src/domain',
    'src/runtime',
    'src/tools',
    'src/images',
    'src/providers/provider.ts',
    'src/providers/ports',
  ],
  'src/commands': [
    'src/domain',
    'src/runtime',
    'src/config',
    'src/tools',
    'src/gate',
    'src/plan',
    'src/report',
    'src/release',
    'src/github',
    'type:src/providers/provider.ts',
    'type:src/providers/ports',
  ],
  'src/action': [
    'src/domain',
    'src/runtime',
    'src/commands',
    'src/report',
    'src/providers/index.ts',
    'src/config',
    'cdktf/index.ts',
  ],
  'src/cli': [
    'src/domain',
    'src/runtime',
    'src/commands',
    'src/report',
    'src/providers/index.ts',
    'src/config',
    'src/providers/local',
    'cdktf/index.ts',
  ],
  actions: ['src/domain', 'src/action', 'src/commands', 'src/providers/index.ts'],
  cdktf: ['src/domain'],
}

/** Packages that only these layers may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@actions/': ['src/action', 'src/github'],
  '@aws-sdk/': ['src/providers/aws'],
  'google-auth-library': ['src/providers/gcp'],
  cdktf: ['cdktf'],
  '@cdktf/': ['cdktf'],
  constructs: ['cdktf'],
}

interface Import {
  readonly file: string
  readonly from: string
  readonly typeOnly: boolean
}

const root = join(import.meta.dirname, '../..')

test('every import follows the layers of docs/architecture.md', () => {
  const breaches = ['src', 'actions', 'cdktf'].flatMap(sources).flatMap(importsOf).map(breach)
  expect(breaches.filter((text) => text !== undefined)).toEqual([])
})

test('no file needs itself by way of others', () => {
  const needs = new Map<string, Set<string>>()
  for (const { file, from, typeOnly } of ['src', 'actions', 'cdktf'].flatMap(sources).flatMap(importsOf)) {
    if (typeOnly || !from.startsWith('.')) continue
    needs.set(file, (needs.get(file) ?? new Set()).add(normalize(join(dirname(file), from))))
  }
  expect(circlesOf(needs)).toEqual([])
  expect(
    circlesOf(
      new Map([
        ['a', new Set(['b'])],
        ['b', new Set(['c'])],
        ['c', new Set(['b'])],
      ]),
    ),
  ).toEqual(['b -> c -> b'])
})

test('the folders of docs/architecture.md are those of the tree, and it says what each may import', () => {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const rows = [...text.matchAll(/^\| (`[^|]*`) +\|[^|]*\| ([^|]*?) +\|$/gm)].map(([, folders, imports]) => ({
    folders: [...(folders ?? '').matchAll(/`([^`]+)`/g)].map(([, folder]) =>
      (folder ?? '').replace('/*', ''),
    ),
    imports: imports ?? '',
  }))
  const layers = rows.filter(({ folders }) => folders.every((folder) => existsSync(join(root, folder))))
  const named = layers
    .flatMap(({ folders }) => folders)
    .filter((folder) => /^(src\/|cdktf$|actions$)/.test(folder))
  const there = readdirSync(join(root, 'src')).map((folder) => `src/${folder}`)
  expect(named.toSorted()).toEqual([...there, 'actions', 'cdktf'].sort())
  for (const { folders, imports } of layers) {
    const [first = ''] = folders
    const rule = LAYERS[first === 'src/providers' ? 'src/providers/local' : first] ?? []
    const folder = (name: string): string => name.replace('src/', '')
    const known = rule
      .filter((name) => !name.startsWith('type:') && !name.startsWith('src/providers'))
      .map(folder)
    const said = imports.split(';')[0] ?? ''
    if (said === 'all of these' || said === 'compose') continue
    expect(said === 'nothing' ? [] : said.split(', ').sort(), first).toEqual(known.sort())
  }
})

test('a breach is named in a sentence', () => {
  expect(breach({ file: 'src/domain/x.ts', from: '../runtime/runtime.ts', typeOnly: true })).toBe(
    'src/domain/x.ts imports src/runtime/runtime.ts, but src/domain may import nothing else of the project',
  )
  expect(breach({ file: 'src/gate/x.ts', from: '@aws-sdk/client-ecs', typeOnly: false })).toBe(
    'src/gate/x.ts imports @aws-sdk/client-ecs, which belongs to src/providers/aws',
  )
})

function breach({ file, from, typeOnly }: Import): string | undefined {
  if (!from.startsWith('.')) {
    const owner = Object.entries(PACKAGES).find(([prefix]) => from === prefix || from.startsWith(prefix))
    if (owner === undefined || owner[1].some((layer) => file.startsWith(layer))) return undefined
    return `${file} imports ${from}, which belongs to ${owner[1].join(' and ')}`
  }
  const target = normalize(join(dirname(file), from))
  const layer = layerOf(file)
  if (layer === undefined) return `${file} is in no layer: add it to test/repo/layers.test.ts`
  const allowed = LAYERS[layer] ?? []
  const fits = (rule: string): boolean => target === rule || target.startsWith(`${rule}/`)
  if (fits(layer) && layerOf(target) === layer) return undefined
  if (allowed.some((rule) => (rule.startsWith('type:') ? typeOnly && fits(rule.slice(5)) : fits(rule))))
    return undefined
  const list = allowed.length === 0 ? 'nothing else of the project' : `only ${allowed.join(', ')}`
  return `${file} imports ${target}, but ${layer} may import ${list}`
}

/** The first way back to itself that each walk finds; none where none is found. */
function circlesOf(needs: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const before = path.indexOf(file)
    if (before >= 0) circles.push([...path.slice(before), file].join(' -> '))
    if (before >= 0 || done.has(file)) return
    for (const next of needs.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of needs.keys()) walk(file, [])
  return circles
}

function layerOf(file: string): string | undefined {
  return Object.keys(LAYERS)
    .filter((layer) => file === layer || file.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0]
}

function sources(folder: string): string[] {
  const path = join(root, folder)
  let names: string[] = []
  try {
    names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
  return names
    .map((name) => relative(root, join(path, name)).split(sep).join('/'))
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
}

/** Static, re-exporting and dynamic imports with a literal specifier. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const statements = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)
  const dynamic = text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [
    ...[...statements].map((m) => ({ file, from: m[2] ?? '', typeOnly: m[1] !== undefined })),
    ...[...dynamic].map((m) => ({ file, from: m[1] ?? '', typeOnly: false })),
  ]
}
