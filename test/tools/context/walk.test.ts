import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readContentIds } from '../../../src/tools/context/contents.ts'
import { openContext } from '../../../src/tools/context/context.ts'
import type { FileEntry } from '../../../src/tools/context/walk.ts'
import { builtImage, folder, refusal, type Tree } from './tree.ts'

const FROM = 'FROM a\nCOPY . .\n'
const open = (root: string, more: Parameters<typeof builtImage>[0] = {}) =>
  openContext({ image: builtImage(more), root })
const paths = async (tree: Tree, more: Parameters<typeof builtImage>[0] = {}): Promise<string[]> => {
  using place = folder({ Dockerfile: FROM, ...tree })
  return (await open(place.path, more)).entries.map(({ path }) => path)
}
const refused = async (tree: Tree, more: Parameters<typeof builtImage>[0] = {}): Promise<string[]> => {
  using place = folder({ Dockerfile: FROM, ...tree })
  return await refusal(() => open(place.path, more))
}
const files = (entries: readonly { kind: string }[]): FileEntry[] =>
  entries.filter((entry): entry is FileEntry => entry.kind === 'file')

test('a build sees what it copies, less .dockerignore', async () => {
  const tree = { 'a/x': '1', 'a/y.log': '2', 'b/z': '3', 'empty/': '', '.dockerignore': '**/*.log\nb' }
  expect(await paths(tree)).toEqual(['.dockerignore', 'Dockerfile', 'a', 'a/x', 'empty'])
  expect(await paths({ ...tree, Dockerfile: 'FROM a\nCOPY a /a\nADD https://x.example/f /f' })).toEqual([
    'a',
    'a/x',
  ])
  expect(await paths({ ...tree, Dockerfile: 'FROM a\nCOPY a/? Dock* /a/' })).toEqual(['Dockerfile', 'a/x'])
  expect(await paths({ ...tree, Dockerfile: 'FROM a\nRUN --mount=type=bind,source=a,target=/a ls' })).toEqual(
    ['a', 'a/x'],
  )
})

test('an exception of .dockerignore brings its folders back', async () => {
  const tree = { 'a/b/keep': '1', 'a/b/drop': '2', 'a/c/drop': '3', '.dockerignore': '*\n!a/b/keep' }
  expect(await paths(tree)).toEqual(['a', 'a/b', 'a/b/keep'])
})

test('an ignore file beside the Dockerfile takes the place of .dockerignore', async () => {
  const tree = {
    'build/Dockerfile': FROM,
    'build/Dockerfile.dockerignore': 'y\nbuild\nDockerfile',
    '.dockerignore': '*',
    x: '1',
    y: '2',
  }
  expect(await paths(tree, { dockerfile: 'build/Dockerfile' })).toEqual(['.dockerignore', 'x'])
})

test('only stages that the target needs count, and ONBUILD opens the whole context', async () => {
  const text = 'FROM a AS one\nCOPY one /\nFROM a AS two\nCOPY two /\nFROM a AS three\nCOPY --from=one /one /'
  const tree = { one: '1', two: '2', Dockerfile: text }
  expect(await paths(tree)).toEqual(['one'])
  expect(await paths(tree, { target: 'two' })).toEqual(['two'])
  expect(await paths({ ...tree, Dockerfile: `${text}\nONBUILD COPY . .` })).toEqual([
    'Dockerfile',
    'one',
    'two',
  ])
})

test('COPY looks behind a link that it names', async () => {
  const tree = {
    Dockerfile: 'FROM a\nCOPY current/x /x\nCOPY l /l',
    current: { link: 'v2' },
    'v2/x': '1',
    'v1/x': '0',
    l: { link: './m' },
    m: { link: 'n' },
    n: '2',
  }
  expect(await paths(tree)).toEqual(['l', 'n', 'v2', 'v2/x'])
})

test('R46 secret files stay out of the context by themselves', async () => {
  const secrets = {
    '.git/config': '',
    'a/.terraform/x': '',
    'a/terraform.tfstate.backup': '',
    'p.tfplan': '',
    '.env': '',
    'a/.env.production': '',
    '.ENV.Local': '',
    'gha-creds-1.json': '',
    '.npmrc': '',
    '.aws/credentials': '',
    id_ed25519: '',
    'tls/server.key': '',
    '.sluice/local/images.json': '',
  }
  using place = folder({ Dockerfile: FROM, 'a/x': '1', 'id_ed25519.pub': '2', ...secrets })
  const context = await open(place.path)
  expect(context.entries.map(({ path }) => path)).toEqual(['Dockerfile', 'a', 'a/x', 'id_ed25519.pub', 'tls'])
  expect(context.leftOut).toHaveLength(Object.keys(secrets).length)
})

test('R46 a secret file that a Dockerfile names is refused by its name', async () => {
  const text =
    'FROM a\nCOPY x .env ./\nADD ["sub/.aws/credentials", "/"]\nRUN --mount=type=bind,source=.npmrc,target=/n ls'
  expect(await refused({ Dockerfile: text, '.env': '', x: '' })).toEqual([
    'Dockerfile:2: the secret file .env is named (.env* never enters an image)',
    'Dockerfile:3: the secret file sub/.aws/credentials is named (.aws never enters an image)',
    'Dockerfile:4: the secret file .npmrc is named (.npmrc never enters an image)',
  ])
  expect(
    await refused({
      Dockerfile: 'FROM a\nCOPY config /',
      config: { link: 'c/d' },
      'c/d': { link: '../.env' },
    }),
  ).toEqual(['Dockerfile:2: the secret file config -> .env is named (.env* never enters an image)'])
})

test('R46 links that leave the context are refused: absolute, relative, chained, circular', async () => {
  const what = 'in the build context of image api is a link to'
  expect(
    await refused({
      'a/abs': { link: '/etc/passwd' },
      'a/chain': { link: 'hop/../x' },
      'a/circle': { link: 'circle2' },
      'a/circle2': { link: 'circle' },
      'a/fine': { link: '../Dockerfile' },
      'a/hop': { link: '../b/up' },
      'a/up': { link: '../../outside' },
      'b/up': { link: '../..' },
    }),
  ).toEqual([
    `a/abs ${what} /etc/passwd, which is an absolute path (links stay inside the build context)`,
    `a/chain ${what} hop/../x, which leaves the build context (links stay inside the build context)`,
    `a/circle ${what} circle2, which is a circle of links (links stay inside the build context)`,
    `a/circle2 ${what} circle, which is a circle of links (links stay inside the build context)`,
    `a/hop ${what} ../b/up, which leaves the build context (links stay inside the build context)`,
    `a/up ${what} ../../outside, which leaves the build context (links stay inside the build context)`,
    `b/up ${what} ../.., which leaves the build context (links stay inside the build context)`,
  ])
  expect(await paths({ up: { link: '../..' }, dangling: { link: 'gone' }, '.dockerignore': 'up' })).toEqual([
    '.dockerignore',
    'Dockerfile',
    'dangling',
  ])
})

test('R46 FIFOs, sockets and devices are refused by name, and never opened', async () => {
  using place = folder({ Dockerfile: FROM })
  execFileSync('mkfifo', [join(place.path, 'pipe')])
  const server = createServer().listen(join(place.path, 'sock'))
  await new Promise((resolve) => server.once('listening', resolve))
  try {
    expect(await refusal(() => open(place.path))).toEqual([
      'pipe in the build context of image api is a FIFO (only files, folders and links can enter an image)',
      'sock in the build context of image api is a socket (only files, folders and links can enter an image)',
    ])
  } finally {
    server.close()
  }
})

test('R46 names that differ only in case are refused, hard links are fine', async () => {
  expect(await refused({ 'a/Read.md': '1', 'a/read.md': '2' })).toEqual([
    'a/read.md in the build context of image api and a/Read.md differ only in case (a clone on macOS or Windows holds only one of them)',
  ])
  using place = folder({ Dockerfile: FROM, x: '1' })
  linkSync(join(place.path, 'x'), join(place.path, 'y'))
  expect((await open(place.path)).entries).toHaveLength(3)
})

test('R46 context and Dockerfile stay inside the workspace, links followed', async () => {
  using outside = folder({ Dockerfile: FROM })
  using place = folder({
    'repo/.git/HEAD': '',
    'repo/deploy/sluice.yml': '',
    'repo/app/Dockerfile': FROM,
    'repo/odd/Dockerfile': { link: join(outside.path, 'Dockerfile') },
    'repo/sneaky': { link: outside.path },
    'other/Dockerfile': FROM,
  })
  const root = join(place.path, 'repo/deploy')
  const said = async (more: Parameters<typeof builtImage>[0]) => (await refusal(() => open(root, more)))[0]
  expect(await said({ context: '../app' })).toBeUndefined()
  const rule = '(paths stay inside the workspace, symbolic links followed)'
  for (const context of ['../../other', '../sneaky', outside.path]) {
    expect(await said({ context })).toBe(
      `the build context of image api, ${context}, lies outside the workspace ${place.path}/repo ${rule}`,
    )
  }
  expect(await said({ context: '../odd' })).toBe(
    `the Dockerfile of image api, Dockerfile, lies outside the workspace ${place.path}/repo ${rule}`,
  )
  expect(await said({ context: '../nowhere' })).toBe(
    'the build context of image api, ../nowhere, is not there',
  )
  expect(await said({ context: '../app', dockerfile: 'Dokerfile' })).toBe(
    'the Dockerfile of image api, Dokerfile, is not there',
  )
  expect(await said({ context: '../app/Dockerfile' })).toBe(
    'the build context of image api, ../app/Dockerfile, is not a folder',
  )
  expect(await said({ context: '..', dockerfile: 'app' })).toBe(
    'the Dockerfile of image api, app, is not a file',
  )
})

test('R46 a file or a folder that is swapped after the walk is not read', async () => {
  using outside = folder({ x: 'secret', 'deep/x': 'secret' })
  const swaps: Record<string, (root: string) => void> = {
    'the file for a link': (root) => {
      renameSync(join(root, 'd/x'), join(root, 'd/old'))
      symlinkSync(join(outside.path, 'x'), join(root, 'd/x'))
    },
    'the file for a hard link': (root) => {
      renameSync(join(root, 'd/x'), join(root, 'd/old'))
      linkSync(join(outside.path, 'x'), join(root, 'd/x'))
    },
    'the folder for a link to another': (root) => {
      renameSync(join(root, 'd'), join(root, 'old'))
      symlinkSync(outside.path, join(root, 'd'))
    },
    // The file itself stays the same one: only the kernel's own path tells.
    'the folder for a link to where it now is': (root) => {
      renameSync(join(root, 'd'), join(outside.path, 'moved'))
      symlinkSync(join(outside.path, 'moved'), join(root, 'd'))
    },
    'the file for a FIFO': (root) => {
      renameSync(join(root, 'd/x'), join(root, 'd/old'))
      execFileSync('mkfifo', [join(root, 'd/x')])
    },
    'its bytes': (root) => writeFileSync(join(root, 'd/x'), '2'),
  }
  for (const [name, swap] of Object.entries(swaps)) {
    using place = folder({ Dockerfile: 'FROM a\nCOPY d /d', 'd/x': '1' })
    const { root, entries } = await open(place.path)
    swap(place.path)
    const said = await refusal(() => readContentIds(root, files(entries), () => {}))
    expect([name, ...said]).toEqual([
      name,
      'd/x changed while it was read (a build sees one state of its files)',
    ])
  }
})

test('sources that are missing, above the context or no pattern are named with their line', async () => {
  expect(
    await refused({ Dockerfile: 'FROM a\nCOPY nowhere /\nCOPY x /', x: '', '.dockerignore': 'x' }),
  ).toEqual([
    'Dockerfile:2: nowhere is not in the build context (it is missing, or .dockerignore leaves it out)',
    'Dockerfile:3: x is not in the build context (it is missing, or .dockerignore leaves it out)',
  ])
  expect(await refused({ Dockerfile: 'FROM a\nCOPY ../x /\nCOPY a[ /' })).toEqual([
    'Dockerfile:2: ../x lies above the build context (COPY and ADD see the context only)',
    'Dockerfile:3: a[ is not a pattern (a [ needs its ])',
  ])
})

test('R46 100,000 files are walked, and many bad ones are not all printed', async () => {
  using place = folder({ Dockerfile: FROM })
  for (let d = 0; d < 100; d++) {
    mkdirSync(join(place.path, `d${d}`))
    for (let f = 0; f < 1000; f++) writeFileSync(join(place.path, `d${d}/${f}`), '')
  }
  const { entries } = await open(place.path)
  expect(entries).toHaveLength(100_101)
  for (let l = 0; l < 100; l++) symlinkSync('/etc', join(place.path, `l${l}`))
  expect(await refusal(() => open(place.path))).toHaveLength(20)
  // Making and removing the files takes most of the time, and a minute on a busy machine.
}, 300_000)
