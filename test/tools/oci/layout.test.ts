import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { expect, test } from 'vitest'
import { type Digest, digestOf } from '../../../src/domain/digest.ts'
import { withLock } from '../../../src/providers/local/file-lock.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { type Disk, realDisk } from '../../../src/tools/oci/disk.ts'
import type { Descriptor } from '../../../src/tools/oci/documents.ts'
import { type Compression, type LayerEntry, writeLayer } from '../../../src/tools/oci/layer.ts'
import { blobPath, readBlob, readImage, readIndex } from '../../../src/tools/oci/layout.ts'
import { FINGERPRINT, LAYER_TAR, REF_NAME } from '../../../src/tools/oci/media-types.ts'
import { type NewImage, publishImage } from '../../../src/tools/oci/publish.ts'
import { unpackLayers } from '../../../src/tools/oci/unpack.ts'
import { describeReal } from '../../real.ts'
import { folder, refusal } from '../context/tree.ts'

const { clock } = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const options = { clock, lock: withLock }
const long = `${'deep/'.repeat(60)}naïve-${'x'.repeat(120)}`

const LAYER: readonly LayerEntry[] = [
  { kind: 'file', path: 'app/run', executable: true, size: 3, content: Buffer.from('#!x') },
  { kind: 'directory', path: 'app' },
  { kind: 'symlink', path: 'app/link', target: '../app/run' },
  { kind: 'file', path: long, executable: false, size: 1, content: Buffer.from('1') },
  { kind: 'file', path: 'app/empty', executable: false, size: 0, content: Buffer.alloc(0) },
  { kind: 'directory', path: 'app/none' },
]

const image = (more: Partial<NewImage> = {}): NewImage => ({
  layer: LAYER,
  compression: 'none',
  os: 'linux',
  architecture: 'amd64',
  config: { Cmd: ['node', 'x'], Labels: { a: 'b' } },
  createdBy: 'test',
  tag: 'one',
  annotations: { [FINGERPRINT]: 'f' },
  ...more,
})

async function layerBytes(entries: readonly LayerEntry[], compression: Compression) {
  const parts: Uint8Array[] = []
  const result = await writeLayer(
    entries,
    compression,
    async (bytes) => void parts.push(Uint8Array.from(bytes)),
  )
  return { ...result, bytes: Buffer.concat(parts) }
}

async function unpacked(layout: { folder: string }, descriptor: Descriptor, into: string): Promise<void> {
  const { manifest, config } = await readImage(layout, descriptor)
  const layers = manifest.layers.map((layer, index) => ({
    descriptor: layer,
    diffId: config.rootfs.diff_ids[index] as Digest,
  }))
  await unpackLayers(layers, into, (layer) => readBlob(layout, layer))
}

test('a layer is the same bytes whatever the order of its entries', async () => {
  for (const compression of ['none', 'gzip'] as const) {
    const first = await layerBytes(LAYER, compression)
    const second = await layerBytes([...LAYER].reverse(), compression)
    expect(second.bytes.equals(first.bytes)).toBe(true)
    expect(first).toMatchObject({ digest: digestOf(first.bytes), size: first.bytes.length })
    const tar = compression === 'gzip' ? gunzipSync(first.bytes) : first.bytes
    expect(first.diffId).toBe(digestOf(tar))
    // RFC 1952: no time, and an unknown system, so that machines agree.
    if (compression === 'gzip') expect([...first.bytes.subarray(4, 10)]).toEqual([0, 0, 0, 0, 0, 255])
  }
  // These bytes are what every machine must make.
  expect((await layerBytes(LAYER, 'none')).digest).toBe(
    'sha256:3baa40404987bd6f9723166a136c2a163b8c01b36e30f3e92d1a4f697da9613f',
  )
})

test('GNU tar lists what was written: sorted, time 0, owner 0, modes 0755 and 0644', async () => {
  using place = folder()
  writeFileSync(join(place.path, 'l.tar'), (await layerBytes(LAYER, 'none')).bytes)
  const listed = execFileSync('tar', ['--utc', '--numeric-owner', '-tvf', join(place.path, 'l.tar')], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  expect(
    listed
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([
    'drwxr-xr-x 0/0 0 1970-01-01 00:00 app/',
    '-rw-r--r-- 0/0 0 1970-01-01 00:00 app/empty',
    'lrwxrwxrwx 0/0 0 1970-01-01 00:00 app/link -> ../app/run',
    'drwxr-xr-x 0/0 0 1970-01-01 00:00 app/none/',
    '-rwxr-xr-x 0/0 3 1970-01-01 00:00 app/run',
    `-rw-r--r-- 0/0 1 1970-01-01 00:00 ${long}`,
  ])
})

test('a file that fails while it is packed fails the layer', async () => {
  async function* broken(): AsyncIterable<Uint8Array> {
    yield Buffer.from('1')
    throw new Error('gone')
  }
  const file = (size: number, content: () => AsyncIterable<Uint8Array>): LayerEntry[] => [
    { kind: 'file', path: 'x', executable: false, size, content },
  ]
  await expect(layerBytes(file(2, broken), 'none')).rejects.toThrow('gone')
  await expect(layerBytes(file(2, broken), 'gzip')).rejects.toThrow('gone')
  async function* short(): AsyncIterable<Uint8Array> {
    yield Buffer.from('1')
  }
  await expect(layerBytes(file(2, short), 'none')).rejects.toThrow()
})

test.each(['none', 'gzip'] as const)(
  'what is published can be unpacked, compression %s',
  async (compression) => {
    using place = folder()
    const layout = { folder: join(place.path, 'api') }
    const descriptor = await publishImage(layout, image({ compression }), options)
    const into = join(place.path, 'root')
    mkdirSync(into)
    await unpacked(layout, descriptor, into)
    expect(readdirSync(into, { recursive: true }).length).toBe(LAYER.length + long.split('/').length - 1)
    expect(readFileSync(join(into, long), 'utf8')).toBe('1')
    expect(readlinkSync(join(into, 'app/link'))).toBe('../app/run')
    expect([lstatSync(join(into, 'app/run')).mode & 0o777, lstatSync(join(into, long)).mode & 0o777]).toEqual(
      [0o755, 0o644],
    )
  },
)

test('the same image published twice, anywhere, is the same files', async () => {
  using one = folder()
  using two = folder()
  for (const root of [one.path, two.path, two.path]) await publishImage({ folder: root }, image(), options)
  const contents = (root: string) =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => lstatSync(join(root, name)).isFile())
      .sort()
      .map((name) => [name, digestOf(readFileSync(join(root, name)))])
  expect(contents(two.path)).toEqual(contents(one.path))
  expect(
    contents(one.path)
      .map(([name]) => name)
      .filter((name) => !name?.startsWith('blobs')),
  ).toEqual(['index.json', 'oci-layout'])
})

test('publishers at the same time lose nothing of each other', async () => {
  using place = folder()
  const layout = { folder: place.path }
  const tags = Array.from({ length: 12 }, (_, i) => `t${i}`)
  await Promise.all(tags.map((tag) => publishImage(layout, image({ tag, config: { Cmd: [tag] } }), options)))
  const index = await readIndex(layout)
  const found = index?.manifests.map((descriptor) => descriptor.annotations?.[REF_NAME]).sort()
  expect(found).toEqual([...tags].sort())
  for (const descriptor of index?.manifests ?? []) await readImage(layout, descriptor)
})

test('a disk that is full leaves nothing behind, and says so', async () => {
  using place = folder()
  const layout = { folder: join(place.path, 'api') }
  await publishImage(layout, image(), options)
  const before = readdirSync(layout.folder, { recursive: true }).sort()
  for (const bytes of [0, 100, 6000, 6500, 7000]) {
    let left = bytes
    const full: Disk = {
      create: async (path) => {
        const file = await realDisk.create(path)
        return {
          ...file,
          write: async (part) => {
            left -= part.length
            if (left < 0)
              throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
            await file.write(part)
          },
        }
      },
    }
    const work = () =>
      publishImage(layout, image({ tag: 'two', config: { Cmd: ['two'] } }), { ...options, disk: full })
    expect([bytes, ...(await refusal(work))]).toEqual([
      bytes,
      `no space left for ${layout.folder} (an image is published whole or not at all)`,
    ])
    expect((await readIndex(layout))?.manifests).toHaveLength(1)
  }
  expect(readdirSync(layout.folder).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  expect(readdirSync(layout.folder, { recursive: true }).sort().length).toBeLessThanOrEqual(before.length + 3)
})

test('R42 one flipped byte in any blob is found and named', async () => {
  using place = folder()
  const layout = { folder: join(place.path, 'api') }
  const descriptor = await publishImage(layout, image(), options)
  const { manifest } = await readImage(layout, descriptor)
  for (const { digest } of [descriptor, manifest.config, ...manifest.layers]) {
    const path = blobPath(layout, digest)
    const bytes = readFileSync(path)
    for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      writeFileSync(path, flipped)
      const into = join(place.path, `root-${digest.slice(7, 12)}-${at}`)
      mkdirSync(into)
      const said = await refusal(() => unpacked(layout, descriptor, into))
      expect([digest, at, said[0]?.includes(`blob ${digest}`)]).toEqual([digest, at, true])
    }
    writeFileSync(path, bytes.subarray(0, -1))
    const into = join(place.path, `root-${digest.slice(7, 12)}-cut`)
    mkdirSync(into)
    expect((await refusal(() => unpacked(layout, descriptor, into)))[0]).toContain(`blob ${digest}`)
    writeFileSync(path, bytes)
  }
  // Publishing again puts a good blob in the place of a damaged one.
  writeFileSync(blobPath(layout, manifest.layers[0]?.digest as Digest), 'x')
  await publishImage(layout, image(), options)
  mkdirSync(join(place.path, 'again'))
  await unpacked(layout, descriptor, join(place.path, 'again'))
})

test('R46 a layer cannot write outside of its folder', async () => {
  const cases: Record<string, (tar: ReturnType<typeof pack>) => void> = {
    'climbs out of its folder': (tar) => tar.entry({ name: '../x' }, 'x'),
    'passes through the link a': (tar) => {
      tar.entry({ name: 'a', type: 'symlink', linkname: '/tmp' })
      tar.entry({ name: 'a/x' }, 'x')
    },
    'is a character-device': (tar) =>
      tar.entry({ name: 'dev', type: 'character-device', devmajor: 1, devminor: 3 }),
    'passes through the link b': (tar) => {
      tar.entry({ name: 'b', type: 'symlink', linkname: '/etc' })
      tar.entry({ name: 'c', type: 'link', linkname: 'b/passwd' })
    },
  }
  for (const [why, fill] of Object.entries(cases)) {
    using place = folder()
    const tar = pack()
    fill(tar)
    tar.finalize()
    const parts: Buffer[] = []
    for await (const part of tar) parts.push(part as Buffer)
    const bytes = Buffer.concat(parts)
    const digest = digestOf(bytes)
    async function* blob(): AsyncIterable<Uint8Array> {
      yield bytes
    }
    const layer = { descriptor: { mediaType: LAYER_TAR, digest, size: bytes.length }, diffId: digest }
    const said = await refusal(() => unpackLayers([layer], place.path, blob))
    expect(said[0]).toContain(why)
  }
})

test('later layers replace, whiteouts remove, and a link is replaced rather than followed', async () => {
  using place = folder({ 'outside/f': 'keep' })
  const layerOf = async (entries: LayerEntry[]) => {
    const { bytes, digest, diffId } = await layerBytes(entries, 'none')
    return { bytes, descriptor: { mediaType: LAYER_TAR, digest, size: bytes.length }, diffId }
  }
  const file = (path: string, text: string): LayerEntry => ({
    kind: 'file',
    path,
    executable: false,
    size: text.length,
    content: Buffer.from(text),
  })
  const layers = [
    await layerOf([
      file('a/x', '1'),
      file('a/y', '1'),
      file('b/x', '1'),
      { kind: 'symlink', path: 'l', target: '../outside/f' },
      { kind: 'symlink', path: 'd', target: '../outside' },
    ]),
    await layerOf([
      file('a/.wh.x', ''),
      file('b/.wh..wh..opq', ''),
      file('b/z', '2'),
      file('l', '2'),
      file('d/f', '2'),
    ]),
  ]
  const root = join(place.path, 'root')
  mkdirSync(root)
  async function* blob({ digest }: Descriptor): AsyncIterable<Uint8Array> {
    yield layers.find(({ descriptor }) => descriptor.digest === digest)?.bytes ?? Buffer.alloc(0)
  }
  expect((await refusal(() => unpackLayers(layers, root, blob)))[0]).toContain('passes through the link d')
  expect(readFileSync(join(place.path, 'outside/f'), 'utf8')).toBe('keep')
  expect(readdirSync(join(root, 'a'))).toEqual(['y'])
  expect(readdirSync(join(root, 'b'))).toEqual(['z'])
})

describeReal('skopeo', ['skopeo'], () => {
  test.each(['none', 'gzip'] as const)(
    'R27 skopeo reads the same digests, compression %s',
    async (compression) => {
      using place = folder()
      const layout = { folder: join(place.path, 'api') }
      const first = await publishImage(layout, image({ compression }), options)
      const second = await publishImage(
        layout,
        image({ compression, tag: 'two', config: { Cmd: ['2'] } }),
        options,
      )
      for (const [tag, { digest }] of [
        ['one', first],
        ['two', second],
      ] as const) {
        const run = (...more: string[]) =>
          execFileSync('skopeo', ['inspect', ...more, `oci:${layout.folder}:${tag}`], { encoding: 'utf8' })
        const seen = JSON.parse(run()) as { Digest: string; Layers: string[]; Os: string }
        const { manifest } = await readImage(layout, tag === 'one' ? first : second)
        expect(seen).toMatchObject({
          Digest: digest,
          Layers: manifest.layers.map((layer) => layer.digest),
          Os: 'linux',
        })
        expect(createHash('sha256').update(run('--raw')).digest('hex')).toBe(digest.slice(7))
      }
      // A copy reads and checks every byte.
      execFileSync('skopeo', ['copy', '-q', `oci:${layout.folder}:one`, `dir:${join(place.path, 'copy')}`])
    },
  )
})
