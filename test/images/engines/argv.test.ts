import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../../src/domain/digest.ts'
import { buildArgv } from '../../../src/images/engines/argv.ts'
import type { Engine } from '../../../src/images/engines/engine.ts'
import { cacheTag, type LayerDefinition, writtenOnce } from '../../../src/images/engines/layer-cache.ts'
import type { BuildOrder } from '../../../src/images/engines/order.ts'
import { buildSettings } from '../../../src/images/engines/settings.ts'
import { isTag } from '../../../src/images/registry/reference.ts'
import { builtImage } from '../../tools/context/tree.ts'

const ENGINES = {
  buildx: { kind: 'buildx', version: 'v0.29.1', buildkit: 'v0.28.1' },
  'buildx-daemon': { kind: 'buildx-daemon', version: 'v0.29.1', buildkit: 'v0.28.1' },
  docker: { kind: 'docker', version: '20.10.24', buildkit: null },
  buildctl: {
    kind: 'buildctl',
    version: 'v0.28.1',
    buildkit: 'v0.28.1',
    address: 'unix:///run/buildkit.sock',
  },
} as const satisfies Record<string, Engine>
type Kind = keyof typeof ENGINES

const orderOf = (more: Partial<BuildOrder> = {}): BuildOrder => ({
  image: 'api',
  context: '/repo/api',
  dockerfile: '/tmp/s/Dockerfile',
  metadata: '/tmp/s/metadata.json',
  repository: 'registry.example:5000/shop/api',
  tag: 'fp-1',
  args: {},
  secrets: {},
  ssh: false,
  platforms: ['linux/amd64'],
  labels: {},
  network: 'default',
  cache: { kind: 'none' },
  provenance: 'off',
  sbom: false,
  ...more,
})
const argvOf = (kind: Kind, more: Partial<BuildOrder> = {}): readonly string[] =>
  buildArgv(ENGINES[kind], orderOf(more))

test('the plainest build of each engine', () => {
  const image =
    'type=image,name=registry.example:5000/shop/api,push=true,push-by-digest=true,name-canonical=true'
  expect(argvOf('buildx').join(' ')).toBe(
    `docker buildx build --file=/tmp/s/Dockerfile --progress=rawjson --metadata-file=/tmp/s/metadata.json --platform=linux/amd64 --provenance=false --sbom=false --output=${image} -- /repo/api`,
  )
  expect(argvOf('buildx-daemon').join(' ')).toBe(
    'docker buildx build --file=/tmp/s/Dockerfile --progress=rawjson --metadata-file=/tmp/s/metadata.json --platform=linux/amd64 --provenance=false --sbom=false --tag=registry.example:5000/shop/api:fp-1 --output=type=docker -- /repo/api',
  )
  expect(argvOf('docker').join(' ')).toBe(
    'docker build --file=/tmp/s/Dockerfile --progress=plain --platform=linux/amd64 --tag=registry.example:5000/shop/api:fp-1 -- /repo/api',
  )
  expect(argvOf('buildctl').join(' ')).toBe(
    `buildctl --addr=unix:///run/buildkit.sock build --frontend=dockerfile.v0 --local=context=/repo/api --local=dockerfile=/tmp/s --progress=rawjson --metadata-file=/tmp/s/metadata.json --opt=filename=Dockerfile --opt=platform=linux/amd64 --output=${image}`,
  )
})

const CACHE = {
  kind: 'registry',
  reference: 'registry.example:5000/shop/api:buildcache',
  access: 'write',
} as const
const CACHE_TO =
  'type=registry,ref=registry.example:5000/shop/api:buildcache,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true'

/** What each part of an order adds: order, then the arguments by engine; `-` where the engine has none for it. */
test.each<readonly [string, Partial<BuildOrder>, Record<Kind, readonly string[]>]>([
  [
    'target',
    { target: 'prod' },
    {
      buildx: ['--target=prod'],
      'buildx-daemon': ['--target=prod'],
      docker: ['--target=prod'],
      buildctl: ['--opt=target=prod'],
    },
  ],
  [
    'args',
    { args: { A: '1=2 3' } },
    {
      buildx: ['--build-arg=A=1=2 3'],
      'buildx-daemon': ['--build-arg=A=1=2 3'],
      docker: ['--build-arg=A=1=2 3'],
      buildctl: ['--opt=build-arg:A=1=2 3'],
    },
  ],
  [
    'labels',
    { labels: { 'a.b': 'c' } },
    {
      buildx: ['--label=a.b=c'],
      'buildx-daemon': ['--label=a.b=c'],
      docker: ['--label=a.b=c'],
      buildctl: ['--opt=label:a.b=c'],
    },
  ],
  [
    'secrets',
    { secrets: { token: 'TOKEN' } },
    {
      buildx: ['--secret=id=token,env=TOKEN'],
      'buildx-daemon': ['--secret=id=token,env=TOKEN'],
      docker: ['--secret=id=token,env=TOKEN'],
      buildctl: ['--secret=id=token,env=TOKEN'],
    },
  ],
  [
    'ssh',
    { ssh: true },
    {
      buildx: ['--ssh=default'],
      'buildx-daemon': ['--ssh=default'],
      docker: ['--ssh=default'],
      buildctl: ['--ssh=default'],
    },
  ],
  [
    'network host',
    { network: 'host' },
    {
      buildx: ['--network=host', '--allow=network.host'],
      'buildx-daemon': ['--network=host'],
      docker: ['--network=host'],
      buildctl: ['--opt=force-network-mode=host', '--allow=network.host'],
    },
  ],
  [
    'network none',
    { network: 'none' },
    {
      buildx: ['--network=none'],
      'buildx-daemon': ['--network=none'],
      docker: ['--network=none'],
      buildctl: ['--opt=force-network-mode=none'],
    },
  ],
  [
    'cache',
    { cache: CACHE },
    {
      buildx: [`--cache-from=type=registry,ref=${CACHE.reference}`, `--cache-to=${CACHE_TO}`],
      'buildx-daemon': [],
      docker: [],
      buildctl: [`--import-cache=type=registry,ref=${CACHE.reference}`, `--export-cache=${CACHE_TO}`],
    },
  ],
  [
    'cache to read',
    { cache: { ...CACHE, access: 'read' } },
    {
      buildx: [`--cache-from=type=registry,ref=${CACHE.reference}`],
      'buildx-daemon': [],
      docker: [],
      buildctl: [`--import-cache=type=registry,ref=${CACHE.reference}`],
    },
  ],
  [
    'SBOM',
    { sbom: true },
    { buildx: ['--sbom=true'], 'buildx-daemon': [], docker: [], buildctl: ['--opt=attest:sbom='] },
  ],
  [
    'provenance',
    { provenance: 'max' },
    {
      buildx: ['--provenance=mode=max'],
      'buildx-daemon': [],
      docker: [],
      buildctl: ['--opt=attest:provenance=mode=max'],
    },
  ],
  [
    'platforms',
    { platforms: ['linux/amd64', 'linux/arm64/v8'] },
    {
      buildx: ['--platform=linux/amd64,linux/arm64/v8'],
      'buildx-daemon': ['--platform=linux/amd64,linux/arm64/v8'],
      docker: ['--platform=linux/arm64/v8'],
      buildctl: ['--opt=platform=linux/amd64,linux/arm64/v8'],
    },
  ],
])('%s', (_, more, expected) => {
  for (const kind of Object.keys(ENGINES) as Kind[]) {
    const plain = new Set(argvOf(kind))
    expect([kind, ...argvOf(kind, more).filter((word) => !plain.has(word))]).toEqual([
      kind,
      ...expected[kind],
    ])
  }
})

test('R2 whatever the values are, no word of a command is an option that we did not write', () => {
  const ours = new Set(
    (Object.keys(ENGINES) as Kind[])
      .flatMap((kind) =>
        argvOf(kind, {
          target: 't',
          args: { A: '1' },
          labels: { a: 'b' },
          secrets: { s: 'S' },
          ssh: true,
          network: 'host',
          cache: CACHE,
          provenance: 'max',
          sbom: true,
        }),
      )
      .filter((word) => word.startsWith('-'))
      .map((word) => word.replace(/=.*$/s, '')),
  )
  const nasty = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '-chdir=/',
      '--config=x',
      '@file',
      'a b',
      '--',
      '-',
      'a,type=local,dest=/',
      '$(id)',
      ';id',
      '\n--push',
    ),
  )
  const value = nasty.filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(ENGINES) as Kind[])),
      value,
      value,
      value,
      (kind, argument, label, folder) => {
        const argv = argvOf(kind, { args: { A: argument }, labels: { a: label }, context: `/${folder}` })
        const end = argv.indexOf('--')
        const options = argv.slice(0, end < 0 ? undefined : end).filter((word) => word.startsWith('-'))
        for (const option of options) expect(ours).toContain(option.replace(/=.*$/s, ''))
        // All other words are the same as without these values, but for the context.
        expect(argv.filter((word) => !word.startsWith('-'))).toHaveLength(
          argvOf(kind).filter((word) => !word.startsWith('-')).length,
        )
      },
    ),
  )
})

test.each<readonly [Partial<BuildOrder>, string]>([
  [{ secrets: { 'a,src=/etc/shadow': 'A' } }, 'an id has letters'],
  [{ secrets: { a: 'A,src=/etc/shadow' } }, 'a variable has letters'],
  [{ secrets: { '-a': 'A' } }, 'an id has letters'],
  [{ args: { 'A=B': '1' } }, 'an argument is called like a variable'],
  [{ args: { '-A': '1' } }, 'an argument is called like a variable'],
  [{ args: { A: 'x\0y' } }, 'arguments are text without NUL'],
  [{ labels: { a: '\0' } }, 'arguments are text without NUL'],
  [{ repository: 'host/a,push=false' }, 'a repository is host/path'],
  [{ repository: '-host/a' }, 'a repository is host/path'],
  [{ tag: '-x' }, 'a tag has letters'],
  [{ target: '-x' }, 'a stage has letters'],
  [{ target: 'a b' }, 'a stage has letters'],
  [{ platforms: ['linux/amd64,push'] }, 'a platform is os/architecture'],
  [{ context: 'relative' }, 'a path is absolute'],
  [{ dockerfile: '-f' }, 'a path is absolute'],
  [{ cache: { kind: 'registry', reference: 'a/b:c,mode=min', access: 'write' } }, 'an image is called'],
])('R2 %j is refused', (more, rule) => {
  for (const kind of Object.keys(ENGINES) as Kind[]) expect(() => argvOf(kind, more)).toThrow(rule)
})

test('settings of the machine come from its environment', () => {
  const repository = 'registry.example/shop/api'
  expect(buildSettings({}, `${repository}:buildcache`, 'own')).toEqual({
    network: 'default',
    provenance: 'min',
    sbom: false,
    cache: { kind: 'registry', reference: `${repository}:buildcache`, access: 'write' },
  })
  expect(
    buildSettings(
      {
        SLUICE_BUILD_NETWORK: 'host',
        SLUICE_BUILD_PROVENANCE: 'off',
        SLUICE_BUILD_SBOM: 'on',
        SLUICE_BUILD_CACHE: 'off',
      },
      repository,
      'own',
    ),
  ).toEqual({ network: 'host', provenance: 'off', sbom: true, cache: { kind: 'none' } })
  expect(() => buildSettings({ SLUICE_BUILD_NETWORK: 'bridge' }, repository, 'own')).toThrow(
    'it is default, host, none',
  )
})

test('R46 foreign code reads the cache of layers and leaves nothing in it', () => {
  expect(buildSettings({}, 'registry.example/shop/api', 'foreign').cache).toMatchObject({ access: 'read' })
})

test('where tags never move, a cache belongs to one Dockerfile on its bases and is written once', () => {
  const image = builtImage({ args: { A: '1' } })
  const bases = { a: digestOf('a') }
  const of = (more: Partial<LayerDefinition> = {}): string =>
    cacheTag('stay', { image, dockerfile: Buffer.from('FROM a'), bases, ...more })
  const tags = [
    of(),
    of({ dockerfile: Buffer.from('FROM a\nRUN x') }),
    of({ bases: { a: digestOf('b') } }),
    of({ image: { ...image, target: 'one' } }),
    of({ image: { ...image, args: { A: '2' } } }),
    of({ image: { ...image, platforms: ['linux/arm64'] } }),
  ]
  expect(new Set(tags).size).toBe(tags.length)
  expect(of({ image: { ...image, name: 'other', context: 'elsewhere' } })).toBe(of())
  expect(tags.every(isTag)).toBe(true)
  expect(cacheTag('move', { image, dockerfile: Buffer.from('FROM a'), bases })).toBe('buildcache')
  expect(writtenOnce({ ...CACHE, access: 'write' }, true)).toEqual({ ...CACHE, access: 'read' })
  expect(writtenOnce({ ...CACHE, access: 'write' }, false)).toEqual({ ...CACHE, access: 'write' })
  expect(writtenOnce({ kind: 'none' }, true)).toEqual({ kind: 'none' })
})
