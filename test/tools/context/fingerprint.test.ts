import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Digest } from '../../../src/domain/digest.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { isRacy } from '../../../src/tools/context/content-cache.ts'
import { openContext } from '../../../src/tools/context/context.ts'
import { type BuildDefinition, buildFingerprint, contentIds } from '../../../src/tools/context/fingerprint.ts'
import { gitContentIds } from '../../../src/tools/context/git-contents.ts'
import type { FileEntry } from '../../../src/tools/context/walk.ts'
import { describeReal } from '../../real.ts'
import { builtImage, folder, git, type Tree } from './tree.ts'

const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const withoutGit: Runtime = { ...runtime, exec: { ...runtime.exec, find: async () => undefined } }

async function key(
  root: string,
  more: Partial<BuildDefinition['image']> = {},
  rest: Partial<BuildDefinition> = {},
  cache = join(root, '.sluice/cache.json'),
): Promise<Digest> {
  const image = builtImage(more)
  const context = await openContext({ image, root })
  const ids = await contentIds(runtime, context, cache)
  return buildFingerprint({ image, bases: {}, ...rest }, context, ids)
}

/** Files that the tests make are as old as any of a checkout. */
function age(root: string, names: readonly string[]): void {
  for (const name of names) utimesSync(join(root, name), 1_700_000_000, 1_700_000_000)
}

test('the key is the same in another folder, at another time, under another umask', async () => {
  const tree: Tree = { Dockerfile: 'FROM a\nCOPY . .', 'a/x': '1', run: { exec: '#!' }, l: { link: 'a/x' } }
  using one = folder(tree)
  using two = folder(tree)
  age(two.path, ['a/x', 'run', 'Dockerfile'])
  chmodSync(join(two.path, 'a/x'), 0o600)
  chmodSync(join(two.path, 'run'), 0o700)
  chmodSync(join(two.path, 'a'), 0o700)
  expect(await key(two.path)).toBe(await key(one.path))
})

test('everything around the files is part of the key', async () => {
  using place = folder({ Dockerfile: 'FROM a AS one\nCOPY . .\nFROM a', x: '1' })
  const variants = await Promise.all([
    key(place.path),
    key(place.path, { target: 'one' }),
    key(place.path, { args: { A: '1' } }),
    key(place.path, { args: { A: '2' } }),
    key(place.path, { platforms: ['linux/arm64'] }),
    key(place.path, { secrets: { token: 'TOKEN' } }),
    key(place.path, { ssh: true }),
    key(place.path, {}, { bases: { a: `sha256:${'0'.repeat(64)}` } }),
    key(place.path, {}, { local: { install: ['npm', 'ci'] } }),
    key(place.path, {}, { local: { run: ['npm', 'ci'] } }),
  ])
  expect(new Set(variants).size).toBe(variants.length)
  const [first, second] = await Promise.all([
    key(place.path, { platforms: ['linux/amd64', 'linux/arm64'] }),
    key(place.path, { platforms: ['linux/arm64', 'linux/amd64'] }),
  ])
  expect(first).toBe(second)
})

type Change = 'write' | 'append' | 'remove' | 'chmod' | 'touch' | 'folder' | 'link'
const NAMES = ['a', 'b.txt', 'c.log', 'd'] as const
const place = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
const content = fc.constantFrom('', '1', '22')

/** The oracle: what COPY sees, found in the plainest way, for sources and patterns that need no cleverness. */
function visible(tree: ReadonlyMap<string, string>, sources: readonly string[], ignored: readonly string[]) {
  const below = (path: string, top: string): boolean => path === top || path.startsWith(`${top}/`)
  const out = (path: string): boolean =>
    ignored.some((rule) =>
      rule.startsWith('**/*')
        ? path.split('/').some((part) => part.endsWith(rule.slice(4)))
        : below(path, rule),
    )
  return [...tree]
    .filter(
      ([path]) => path === 'Dockerfile' || sources.some((source) => source === '.' || below(path, source)),
    )
    .filter(([path]) => path === 'Dockerfile' || !out(path))
    .sort()
    .map((entry) => entry.join(' '))
    .join('\n')
}

test('any change that COPY can see changes the key, nothing else does', async () => {
  const changes = fc.array(
    fc.record({
      kind: fc.constantFrom<Change>('write', 'append', 'remove', 'chmod', 'touch', 'folder', 'link'),
      path: place,
      content,
    }),
    { minLength: 1, maxLength: 6 },
  )
  const sources = fc.uniqueArray(fc.constantFrom('.', 'a', 'd', 'd/a'), { minLength: 1, maxLength: 2 })
  const ignored = fc.uniqueArray(fc.constantFrom('**/*.log', 'b.txt', 'a/d', 'd/b.txt'), { maxLength: 3 })
  const start = fc.dictionary(place, content, { minKeys: 2, maxKeys: 6, noNullPrototype: true })
  await fc.assert(
    fc.asyncProperty(start, sources, ignored, changes, async (initial, froms, rules, steps) => {
      using root = folder()
      // What a file system would hold: a name cannot be a file and a folder at once.
      const model = new Map<string, string>()
      const apply = (step: { kind: Change; path: string; content: string }): void =>
        mutate(root.path, model, step)
      for (const source of froms) if (source !== '.') apply({ kind: 'folder', path: source, content: '' })
      for (const [path, text] of Object.entries(initial)) apply({ kind: 'write', path, content: text })
      writeFileSync(join(root.path, '.dockerignore'), [...rules, '.dockerignore', '.sluice'].join('\n'))
      const dockerfile = `FROM a\n${froms.map((source) => `COPY ${source} /x/`).join('\n')}\n`
      writeFileSync(join(root.path, 'Dockerfile'), dockerfile)
      model.set('Dockerfile', dockerfile)
      const present = (): boolean => froms.every((source) => source === '.' || seen(source))
      const seen = (source: string): boolean => visible(model, [source], rules) !== visible(model, [], rules)
      fc.pre(present())
      let [before, keyBefore] = [visible(model, froms, rules), await key(root.path)]
      for (const step of steps) {
        apply(step)
        if (!present()) return
        const [after, keyAfter] = [visible(model, froms, rules), await key(root.path)]
        expect([step, after, keyAfter === keyBefore]).toEqual([step, after, after === before])
        ;[before, keyBefore] = [after, keyAfter]
      }
    }),
    { numRuns: 150 },
  )
})

function mutate(
  root: string,
  model: Map<string, string>,
  step: { kind: Change; path: string; content: string },
): void {
  const { path } = step
  const file = join(root, path)
  const parents = path
    .split('/')
    .slice(0, -1)
    .map((_, i, parts) => parts.slice(0, i + 1).join('/'))
  const isFile = (name: string): boolean => model.has(name) && model.get(name) !== 'folder'
  if (parents.some(isFile)) return
  const children = [...model.keys()].some((name) => name.startsWith(`${path}/`))
  const was = model.get(path)
  const addParents = (): void => {
    for (const parent of parents) model.set(parent, 'folder')
  }
  switch (step.kind) {
    case 'write':
    case 'append': {
      if (was === 'folder' || children || was?.startsWith('link')) return
      makeFolder(root, path)
      const old = step.kind === 'append' && was !== undefined ? readFileSync(file, 'utf8') : ''
      writeFileSync(file, old + step.content)
      addParents()
      model.set(path, `${was?.startsWith('exec') ? 'exec' : 'file'} ${old}${step.content}`)
      return
    }
    case 'remove':
      rmSync(file, { recursive: true, force: true })
      for (const name of [...model.keys()])
        if (name === path || name.startsWith(`${path}/`)) model.delete(name)
      return
    case 'chmod':
      if (was === undefined || was === 'folder' || was.startsWith('link')) return
      chmodSync(file, was.startsWith('exec') ? 0o644 : 0o755)
      model.set(path, was.startsWith('exec') ? was.replace(/^exec/, 'file') : was.replace(/^file/, 'exec'))
      return
    case 'touch':
      if (was === undefined || was.startsWith('link')) return
      utimesSync(file, 1_700_000_000, 1_700_000_000)
      return
    case 'folder':
      if (was !== undefined) return
      makeFolder(root, `${path}/x`)
      addParents()
      model.set(path, 'folder')
      return
    case 'link':
      if (was !== undefined) return
      makeFolder(root, path)
      // It stays inside wherever it stands, and names nothing that exists.
      symlinkSync(`nothing${step.content}`, file)
      addParents()
      model.set(path, `link nothing${step.content}`)
      return
    default:
      step.kind satisfies never
  }
}

function makeFolder(root: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
}

test('what was read before is not read again, unless it was written meanwhile', async () => {
  using place = folder({ Dockerfile: 'FROM a\nCOPY . .', x: '1' })
  const cache = join(place.path, '.sluice/cache.json')
  const first = await key(place.path)
  // A lie in the cache is believed only for a file that has not moved: so the cache is what answers.
  const lie = (): void => {
    const text = readFileSync(cache, 'utf8')
    writeFileSync(cache, text.replace(/^[0-9a-f]{40}(?= .* x$)/m, '0'.repeat(40)))
  }
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(await key(place.path)).toBe(first)
  lie()
  expect(await key(place.path)).not.toBe(first)
  writeFileSync(join(place.path, 'x'), '1')
  expect(await key(place.path)).toBe(first)
  lie()
  for (const change of [
    (text: string) => text.slice(0, -1),
    (text: string) => text.replace('contents/v2', 'contents/v3'),
    (text: string) => text.replace(JSON.stringify(place.path), '"/elsewhere"'),
    (text: string) => text.replaceAll('0'.repeat(40), 'g'.repeat(40)),
    () => '',
  ]) {
    writeFileSync(cache, change(readFileSync(cache, 'utf8')))
    expect(await key(place.path)).toBe(first)
    await new Promise((resolve) => setTimeout(resolve, 60))
    await key(place.path)
    lie()
  }
})

test('a file that was just written is not remembered: its stamp may not have moved yet', () => {
  const at = (ns: bigint): FileEntry => ({
    kind: 'file',
    path: 'x',
    executable: false,
    size: 1,
    stamp: { dev: 1n, ino: 1n, mtime: 1n, ctime: ns },
  })
  const now = 1_800_000_000_000
  expect(isRacy(at(BigInt(now - 10) * 1_000_000n + 1n), now)).toBe(true)
  expect(isRacy(at(BigInt(now - 100) * 1_000_000n + 1n), now)).toBe(false)
  // Whole seconds: a file system that counts no finer.
  expect(isRacy(at(BigInt(now - 1000) * 1_000_000n), now)).toBe(true)
  expect(isRacy(at(BigInt(now - 3000) * 1_000_000n), now)).toBe(false)
})

describeReal('with a git repository', ['git'], () => {
  const names = ['Dockerfile', 'a/x', 'a/y', 'run']
  const repository = (root: string, ...more: string[]): void => {
    git(root, 'init', '-q', ...more)
    git(root, 'add', '.')
    git(root, 'commit', '-qm', 'x')
    age(root, names)
    git(root, 'update-index', '--refresh')
  }
  const tree: Tree = { Dockerfile: 'FROM a\nCOPY . .', 'a/x': '1\n', 'a/y': '2\n', run: { exec: '#!' } }
  const home = (root: string) => ({ PATH: process.env['PATH'], HOME: root })
  const known = async (root: string, context = '.') => {
    const opened = await openContext({ image: builtImage({ context }), root })
    const files = opened.entries.filter((entry): entry is FileEntry => entry.kind === 'file')
    const ids = await gitContentIds(runtime.exec, home(root), opened.root, files)
    const read = await contentIds(withoutGit, opened, join(root, 'none', String(Math.random())))
    // Whatever git says must be what is on disk.
    for (const [path, id] of ids) expect([path, id]).toEqual([path, read.get(path)])
    return [...ids.keys()].sort()
  }

  test.each([[2], [3], [4]])('the index (version %i) knows what has not been touched', async (version) => {
    using place = folder(tree)
    repository(place.path)
    git(place.path, 'update-index', '--index-version', String(version))
    expect(await known(place.path)).toEqual(names)
    expect(await known(place.path, '.')).toEqual(names)
  })

  test('a context below the top of the repository is found in the index', async () => {
    using place = folder({ 'app/Dockerfile': 'FROM a\nCOPY . .', 'app/x': '1', 'apple/x': '2' })
    git(place.path, 'init', '-q')
    git(place.path, 'add', '.')
    age(place.path, ['app/Dockerfile', 'app/x'])
    git(place.path, 'update-index', '--refresh')
    expect(await known(place.path, 'app')).toEqual(['Dockerfile', 'x'])
  })

  test('what git alone would miss is read: changes, flags, filters, line ends, files it does not track', async () => {
    using place = folder({ ...tree, '.gitignore': 'ignored', '.gitattributes': 'filtered filter=up\n' })
    const root = place.path
    git(root, 'init', '-q')
    git(root, 'config', 'filter.up.clean', 'tr a-z A-Z')
    place.write({ filtered: 'abc', crlf: 'a\r\nb\r\n', ident: '$Id$', assumed: '1', skipped: '1' })
    git(root, 'config', 'core.autocrlf', 'input')
    git(root, 'add', '.')
    git(root, 'commit', '-qm', 'x')
    age(root, ['crlf'])
    git(root, 'update-index', '-q', '--refresh')
    // The configuration changes, the index does not: it still holds LF for the CRLF on disk, and calls it clean.
    git(root, 'config', 'core.autocrlf', 'false')
    expect(git(root, 'status', '--porcelain', 'crlf')).toBe('')
    place.write({ ignored: '1', untracked: '1', later: '1' })
    git(root, 'add', '-N', 'later')
    const all = [
      ...names,
      'filtered',
      'ident',
      'assumed',
      'skipped',
      'ignored',
      'untracked',
      '.gitignore',
      '.gitattributes',
    ]
    age(root, all)
    git(root, 'update-index', '-q', '--refresh')
    git(root, 'update-index', '--assume-unchanged', 'assumed')
    git(root, 'update-index', '--skip-worktree', 'skipped')
    appendFileSync(join(root, 'a/x'), 'more')
    writeFileSync(join(root, 'a/y'), '3\n')
    age(root, ['a/y'])
    expect(await known(root)).toEqual(['.gitattributes', '.gitignore', 'Dockerfile', 'ident', 'run'])
  })

  test('a file as young as the index is read: git calls it racily clean', async () => {
    using place = folder(tree)
    repository(place.path)
    // The index looks as old as the files: nothing in it can be believed.
    utimesSync(join(place.path, '.git/index'), 1_700_000_000, 1_700_000_000)
    expect(await known(place.path)).toEqual([])
  })

  test('a repository of another kind, a split index, or none at all: everything is read', async () => {
    using sha256 = folder(tree)
    repository(sha256.path, '--object-format=sha256')
    expect(await known(sha256.path)).toEqual([])
    using split = folder(tree)
    repository(split.path)
    git(split.path, 'update-index', '--split-index')
    expect(await known(split.path)).toEqual([])
    using none = folder(tree)
    expect(await known(none.path)).toEqual([])
    using broken = folder(tree)
    repository(broken.path)
    writeFileSync(
      join(broken.path, '.git/index'),
      readFileSync(join(broken.path, '.git/index')).subarray(0, 90),
    )
    expect(await known(broken.path)).toEqual([])
  })

  test('with git and without, in a clone and in a copy, the key is one', async () => {
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f/${i}`, `${i}`]))
    using place = folder({ ...tree, ...many })
    repository(place.path)
    using elsewhere = folder()
    git(elsewhere.path, 'clone', '-q', place.path, 'clone')
    cpSync(place.path, join(elsewhere.path, 'copy'), { recursive: true })
    rmSync(join(elsewhere.path, 'copy/.git'), { recursive: true })
    const first = await key(place.path)
    expect(await key(join(elsewhere.path, 'clone'))).toBe(first)
    expect(await key(join(elsewhere.path, 'copy'))).toBe(first)
    // The clone's files were answered by its index: only then is this test about git.
    expect((await known(join(elsewhere.path, 'clone'))).length).toBeGreaterThan(0)
    expect(statSync(join(elsewhere.path, 'clone/f/1')).mtimeMs).not.toBe(
      statSync(join(place.path, 'f/1')).mtimeMs,
    )
  })
})

test('large files are hashed in pieces to the same id', async () => {
  using place = folder({ Dockerfile: 'FROM a\nCOPY . .' })
  for (const [name, size] of [
    ['m', 3_000_000],
    ['l', 33 * 1024 * 1024],
  ] as const) {
    writeFileSync(join(place.path, name), Buffer.alloc(size, name))
  }
  const context = await openContext({ image: builtImage(), root: place.path })
  const ids = await contentIds(withoutGit, context, join(place.path, '.sluice/c'))
  for (const name of ['m', 'l', 'Dockerfile']) {
    const bytes = readFileSync(join(place.path, name))
    const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
    expect([name, ids.get(name)]).toEqual([name, blob])
  }
})
