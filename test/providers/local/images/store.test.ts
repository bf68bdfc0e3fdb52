import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Digest } from '../../../../src/domain/digest.ts'
import type { ImageRecord } from '../../../../src/domain/system/images.ts'
import { layoutOf } from '../../../../src/providers/local/images/places.ts'
import { realDisk } from '../../../../src/tools/oci/disk.ts'
import { blobPath, readImage, readIndex } from '../../../../src/tools/oci/layout.ts'
import { publicUrl } from '../../../../src/tools/oci/provenance.ts'
import { describeReal } from '../../../real.ts'
import { git, refusal, type Tree } from '../../../tools/context/tree.ts'
import { imageWorld, systemOf } from './world.ts'

async function read(state: string, { digest }: Pick<ImageRecord, 'digest'>, name = 'api') {
  const layout = layoutOf(state, name)
  const found = (await readIndex(layout))?.manifests.find((other) => other.digest === digest)
  if (found === undefined) throw new Error(`${digest} is not in the index`)
  const image = await readImage(layout, found)
  const layer = image.manifest.layers[0]
  if (layer === undefined) throw new Error('no layer')
  const path = blobPath(layout, layer.digest)
  const names = execFileSync('tar', ['-tf', path], { encoding: 'utf8' }).trim().split('\n')
  return { ...image, path, layer, names: names.filter((line) => line !== '') }
}

const namesOf = async (tree: Tree, more = {}): Promise<string[]> => {
  using world = imageWorld(tree, more)
  return (await read(world.state, await world.publish())).names
}

test('COPY of the final stage decides where files lie', async () => {
  const text = [
    'FROM node:24',
    'WORKDIR /srv/app',
    'COPY package.json run.sh ./',
    'COPY src src',
    'COPY lib /lib/',
    'COPY conf/*.json /etc/',
    'COPY package.json /renamed.json',
    'COPY --chmod=755 --chown=1:1 src/a.js /bin/a',
    'COPY current /current',
    "COPY <<'EOF' /hello.txt",
    'hello',
    'EOF',
  ].join('\n')
  const tree: Tree = {
    Dockerfile: text,
    'package.json': '{}',
    'run.sh': { exec: '#!' },
    'src/a.js': '',
    'src/b/c.js': '',
    'lib/l': '',
    'conf/a.json': '',
    'conf/b.json': '',
    'conf/c.txt': '',
    'not-copied': '',
    current: { link: 'conf/c.txt' },
  }
  expect(await namesOf(tree)).toEqual([
    'bin/',
    'bin/a',
    'current',
    'etc/',
    'etc/a.json',
    'etc/b.json',
    'hello.txt',
    'lib/',
    'lib/l',
    'renamed.json',
    'srv/',
    'srv/app/',
    'srv/app/package.json',
    'srv/app/run.sh',
    'srv/app/src/',
    'srv/app/src/a.js',
    'srv/app/src/b/',
    'srv/app/src/b/c.js',
  ])
})

test('where the copies depend on an engine, the whole context lies at WORKDIR, and the log says so', async () => {
  using world = imageWorld({
    Dockerfile:
      'FROM node AS b\nCOPY . .\nRUN make\nFROM node\nWORKDIR /app\nRUN x\nCOPY --from=b /out .\nUSER app',
    x: '1',
    '.env': 'secret',
    '.dockerignore': 'Dockerfile',
  })
  const { names } = await read(world.state, await world.publish())
  expect(names).toEqual(['app/', 'app/.dockerignore', 'app/x'])
  expect(world.said()).toEqual([
    'api: built without a container engine: FROM node and 2 RUN lines of Dockerfile (line 3, 6) do not apply; images.api.local.install can take their place',
    'api: the whole context lies in /app: the final stage copies from another stage',
    'api: USER app does not apply: processes run as you',
    'api: left out as secret: .env',
  ])
})

test('ENV, WORKDIR, ENTRYPOINT, CMD, LABEL and EXPOSE reach the config; local.run takes the place of both', async () => {
  const Dockerfile =
    'FROM node\nENV A=1 B="x y"\nWORKDIR /w\nEXPOSE 80\nUSER app\nLABEL l=m\nCOPY . .\nENTRYPOINT ["node"]\nCMD serve $PORT'
  using world = imageWorld({ Dockerfile })
  expect((await read(world.state, await world.publish())).config).toMatchObject({
    os: 'linux',
    architecture: 'amd64',
    config: {
      Env: ['A=1', 'B=x y'],
      WorkingDir: '/w',
      ExposedPorts: { '80/tcp': {} },
      User: 'app',
      Entrypoint: ['node'],
      Cmd: ['/bin/sh', '-c', 'serve $PORT'],
      Labels: { l: 'm', 'dev.sluice.fingerprint': await world.key() },
    },
  })
  using other = imageWorld({ Dockerfile }, { local: { run: ['node', 'own.js'] } })
  const { config } = await read(other.state, await other.publish())
  expect(config.config).toMatchObject({ Cmd: ['node', 'own.js'], WorkingDir: '/w' })
  expect(config.config?.Entrypoint).toBeUndefined()
})

test('R46 secret files never enter an image, not even through an install', async () => {
  const script =
    "const fs = require('fs'); fs.mkdirSync('node_modules'); for (const f of ['.env', '.npmrc', 'm.js']) fs.writeFileSync('node_modules/' + f, 'x')"
  const tree = {
    Dockerfile: 'FROM a\nWORKDIR /app\nCOPY . .',
    '.env': '',
    'a/.npmrc': '',
    'p.tfstate': '',
    x: '',
  }
  expect(await namesOf(tree)).toEqual(['app/', 'app/Dockerfile', 'app/a/', 'app/x'])
  expect(await namesOf(tree, { local: { install: ['node', '-e', script] } })).toEqual([
    'app/',
    'app/Dockerfile',
    'app/a/',
    'app/node_modules/',
    'app/node_modules/m.js',
    'app/x',
  ])
})

test('an install works on a copy, knows little of this machine, and its output is shown', async () => {
  const script = `
    const fs = require('fs'), path = require('path')
    console.log('cwd ' + path.basename(process.cwd()))
    console.error('env ' + Object.keys(process.env).sort().join(' '))
    fs.rmSync('x'); fs.writeFileSync('made', '1'); fs.chmodSync('made', 0o755)
    fs.symlinkSync(path.resolve('made'), 'link')
    fs.symlinkSync(process.execPath, 'program')`
  using world = imageWorld(
    { Dockerfile: 'FROM a\nWORKDIR /app\nENV OWN=1\nCOPY . .', x: '1' },
    { local: { install: ['node', '-e', script] }, secrets: { token: 'NPM_TOKEN' } },
    { CANARY: 'leak', NPM_TOKEN: 'hush', LANG: 'C' },
  )
  const { names, path } = await read(world.state, await world.publish())
  expect(names).toEqual(['app/', 'app/Dockerfile', 'app/link', 'app/made', 'app/program'])
  const listed = execFileSync('tar', ['-tvf', path], { encoding: 'utf8' })
  expect(listed).toContain('app/link -> made')
  expect(listed).toMatch(/-rwxr-xr-x .* app\/made/)
  expect(world.events).toContainEqual({ kind: 'output', source: 'install api', line: 'cwd app' })
  const env = world.events.flatMap((event) =>
    event.kind === 'output' && event.line.startsWith('env') ? [event.line] : [],
  )
  expect(env).toEqual(['env HOME LANG NPM_TOKEN OWN PATH'])
  expect(world.events).toContainEqual({ kind: 'mask', value: 'hush' })
  // The repository itself is as it was, and no staging is left.
  expect(readdirSync(world.root).sort()).toEqual(['.git', '.sluice', 'Dockerfile', 'x'])
  expect(readdirSync(join(world.state, 'cloud/staging'))).toEqual([])
})

test('an install that fails is the user’s failure, with its last lines, and publishes nothing', async () => {
  const script = "for (let i = 1; i <= 30; i++) console.log('line ' + i); process.exit(7)"
  using world = imageWorld({ Dockerfile: 'FROM a\nCOPY . .' }, { local: { install: ['node', '-e', script] } })
  const error = await world.publish().catch((cause: unknown) => cause)
  expect(error).toMatchObject({ outcome: 'external', whose: 'user', code: 11 })
  expect((error as Error).message).toContain('ended with exit code 7\n  line 11\n')
  expect((error as Error).message).toContain('  line 30')
  expect(await readIndex(layoutOf(world.state, 'api'))).toBeUndefined()
  expect(readdirSync(join(world.state, 'cloud/staging'))).toEqual([])
})

test('R2 an install is an argument vector: no shell reads it', async () => {
  const odd = [
    '$(touch canary)',
    '`touch canary`',
    ';touch canary',
    '-x',
    '--',
    '@f',
    'a b',
    "'",
    '"',
    '\n',
    '*',
  ]
  const script = "require('fs').writeFileSync('argv.json', JSON.stringify(process.argv.slice(1)))"
  using world = imageWorld(
    { Dockerfile: 'FROM a\nWORKDIR /a\nCOPY . .' },
    { local: { install: ['node', '-e', script, '--', ...odd] } },
  )
  const { names, path } = await read(world.state, await world.publish())
  expect(names).not.toContain('a/canary')
  expect(JSON.parse(execFileSync('tar', ['-xOf', path, 'a/argv.json'], { encoding: 'utf8' }))).toEqual(odd)
})

test('cancelling ends an install', async () => {
  using world = imageWorld(
    { Dockerfile: 'FROM a\nCOPY . .' },
    { local: { install: ['node', '-e', "console.log('up'); setInterval(() => {}, 1000)"] } },
  )
  const work = world.publish().catch((cause: unknown) => cause)
  while (!world.events.some((event) => event.kind === 'output')) await new Promise((go) => setTimeout(go, 10))
  world.cancel.abort(new Error('cancelled'))
  expect(await work).toMatchObject({ outcome: 'cancelled' })
})

test('the same context in another clone is the same image, byte for byte', async () => {
  const tree: Tree = {
    Dockerfile: 'FROM a\nWORKDIR /app\nCOPY . .\nCMD ["x"]',
    'a/b': '1',
    run: { exec: '#!' },
    link: { link: 'a/b' },
  }
  using one = imageWorld(tree)
  using two = imageWorld(tree)
  const [first, second] = [await one.publish(), await two.publish()]
  expect(second).toEqual(first)
  const [a, b] = [await read(one.state, first), await read(two.state, second)]
  expect(readFileSync(b.path).equals(readFileSync(a.path))).toBe(true)
  expect(first.reference).toBe(`local/films/api@${first.digest}`)
  expect(first.tag).toBe(`fp-${first.fingerprint.slice(7)}`)
})

describeReal('with a git repository', ['git'], () => {
  test('labels lead to the code, and no path of this machine stands in them', async () => {
    using world = imageWorld({ Dockerfile: 'FROM a\nCOPY x /x', x: '1' })
    const fresh = join(world.root, '.git')
    renameSync(fresh, join(world.root, 'old'))
    git(world.root, 'init', '-q')
    git(world.root, 'add', 'x')
    git(world.root, 'commit', '-qm', 'x')
    git(world.root, 'remote', 'add', 'origin', 'https://me:token@git.example.com/o/r.git')
    const { labels = {} } = (await world.store().inspect((await world.publish()).reference)) ?? {}
    expect(labels).toEqual({
      'dev.sluice.fingerprint': await world.key(),
      'org.opencontainers.image.source': 'https://git.example.com/o/r',
      'org.opencontainers.image.revision': git(world.root, 'rev-parse', 'HEAD').trim(),
    })
  })
})

test.each([
  ['git@github.com:o/r.git', 'https://github.com/o/r'],
  ['ssh://git@host.example/o/r', 'https://host.example/o/r'],
  ['https://user:token@host.example/o/r.git', 'https://host.example/o/r'],
  ['/home/me/repo', undefined],
  ['../repo', undefined],
  ['file:///home/me/repo', undefined],
  ['C:\\repo', undefined],
])('the remote %s is shown as %s', (remote, shown) => {
  expect(publicUrl(remote)).toBe(shown)
})

test('R42 a damaged image is not taken for known: it is said, and built again', async () => {
  using world = imageWorld({ Dockerfile: 'FROM a\nCOPY . /app', x: '1' })
  const record = await world.publish()
  const { manifest, path, layer } = await read(world.state, record)
  const layout = layoutOf(world.state, 'api')
  const flip = (file: string): void => {
    const bytes = readFileSync(file)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    writeFileSync(file, bytes)
  }
  flip(path)
  expect(await refusal(() => world.store().inspect(record.reference))).toEqual([
    `image layout ${layout.folder}: blob ${layer.digest} is damaged: its bytes have another digest`,
  ])
  expect(await refusal(() => world.containers.prepare(record.reference, ['node']))).toEqual([
    `image layout ${layout.folder}: blob ${layer.digest} is damaged: its bytes have another digest`,
  ])
  for (const digest of [manifest.config.digest, record.digest] as Digest[]) {
    flip(blobPath(layout, digest))
    expect(await world.store().find('api', record.fingerprint)).toBeUndefined()
    expect(world.said().at(-1)).toContain(`blob ${digest} is damaged`)
    await world.publish()
    expect((await world.store().find('api', record.fingerprint))?.digest).toBe(record.digest)
  }
  expect((await world.store().inspect(record.reference))?.digest).toBe(record.digest)
})

test('a mirror without local.run is refused by that name, with it its command runs', async () => {
  using world = imageWorld({})
  const mirror = { name: 'mlflow', kind: 'mirror', source: 'ghcr.io/mlflow/mlflow:v3.4.0' } as const
  const context = { ...world.context, system: systemOf(mirror) }
  const { openImages } = await import('../../../../src/providers/local/images/index.ts')
  const store = openImages(context)
  expect(await refusal(async () => store.publish(mirror, await world.key(mirror)))).toEqual([
    'image mlflow mirrors ghcr.io/mlflow/mlflow:v3.4.0, which cannot run without a container engine (cloud local runs processes of this machine)',
  ])
  const runs = { ...mirror, local: { run: ['node', '-e', '0'] } }
  expect(await world.key(runs)).not.toBe(await world.key(mirror))
  const record = await store.publish(runs, await world.key(runs))
  expect(record.how).toBe('mirrored')
  const { argv } = await world.containers.prepare(record.reference)
  expect(argv.slice(1)).toEqual(['-e', '0'])
})

test('R42 files that change after the fingerprint was taken are not published under it', async () => {
  using world = imageWorld({ Dockerfile: 'FROM a\nCOPY . .', x: '1' })
  const key = await world.key()
  world.write({ x: '2' })
  const error = await world
    .store()
    .publish(world.image, key)
    .catch((cause: unknown) => cause)
  expect(error).toMatchObject({ outcome: 'stale' })
  // And while it is written: the disk is slow, and somebody edits.
  const now = await world.key()
  let edited = false
  const disk = {
    create: async (path: string) => {
      if (!edited) world.write({ y: 'new' })
      edited = true
      return realDisk.create(path)
    },
  }
  const late = await world
    .store({ disk })
    .publish(world.image, now)
    .catch((cause: unknown) => cause)
  expect(late).toMatchObject({ outcome: 'stale' })
  expect(await readIndex(layoutOf(world.state, 'api'))).toBeUndefined()
})

test('a full disk is told as one, and nothing is published', async () => {
  using world = imageWorld({ Dockerfile: 'FROM a\nCOPY . .' })
  const disk = {
    create: async () => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    },
  }
  const error = await world.publish({ disk }).catch((cause: unknown) => cause)
  expect(error).toMatchObject({ outcome: 'external', whose: 'user' })
  expect((error as Error).message).toContain('no space left for')
  expect(await world.store().find('api', await world.key())).toBeUndefined()
})
