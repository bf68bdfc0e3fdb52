import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planBuild } from '../../../src/commands/build/decide.ts'
import { withImages } from '../../../src/commands/build/images-file.ts'
import { type BuildOptions, build } from '../../../src/commands/build.ts'
import type { Report, World } from '../../../src/commands/command.ts'
import { type Digest, digestOf } from '../../../src/domain/digest.ts'
import type { ImageRecord, ImagesFile } from '../../../src/domain/system/images.ts'
import { openImages } from '../../../src/providers/local/images/index.ts'
import { layoutOf } from '../../../src/providers/local/images/places.ts'
import type { ImageStore } from '../../../src/providers/ports/images.ts'
import type { Provider, ProviderContext } from '../../../src/providers/provider.ts'
import { readIndex } from '../../../src/tools/oci/layout.ts'
import { imageWorld } from '../../providers/local/images/world.ts'
import { builtImage, type Tree } from '../../tools/context/tree.ts'

const YAML = `
system: films
environments:
  local: { cloud: local }
images:
  api: { context: api, local: { install: [node, -e, "0"] } }
  job: { context: job }
  mlflow: { mirror: "ghcr.io/mlflow/mlflow:v3.4.0", local: { run: [node, -e, "0"] } }
`
const TREE: Tree = {
  'sluice.yml': YAML,
  'api/Dockerfile': 'FROM a\nCOPY . /app\nCMD ["node", "x"]',
  'api/x': '1',
  'job/Dockerfile': 'FROM a\nCOPY . /app\nCMD ["node", "y"]',
  'job/y': '1',
}

function open(tree: Tree = {}, wrap: (store: ImageStore) => ImageStore = (store) => store) {
  const place = imageWorld({ ...TREE, ...tree })
  const world = (dryRun = false): World => ({
    runtime: place.context.runtime,
    openProvider: async (_: string, context: ProviderContext) => {
      const images = wrap(openImages(context))
      const registries = Object.fromEntries(
        Object.keys(context.system.images).map((name) => [name, `local/films/${name}`]),
      )
      return {
        images,
        targets: async () => ({ registries }),
        close: async () => {},
      } as Partial<Provider> as Provider
    },
    request: { file: 'sluice.yml', environment: 'local', dryRun },
  })
  const file = join(place.state, 'images.json')
  return {
    ...place,
    run: (options?: BuildOptions, dryRun?: boolean): Promise<Report> => build(world(dryRun), options),
    file,
    images: () => JSON.parse(readFileSync(file, 'utf8')) as ImagesFile,
    [Symbol.dispose]: () => place[Symbol.dispose](),
  }
}

test('the first build makes everything and writes images.json, the second one knows it all', async () => {
  using place = open()
  const first = await place.run()
  expect(first).toMatchObject({ command: 'build', outcome: 'done' })
  expect(first.message).toBe('made 3 of 3 images: api, job, mlflow')
  const references = JSON.parse(first.outputs['images'] ?? '') as Record<string, string>
  expect(JSON.parse(first.outputs['changed'] ?? '')).toEqual(['api', 'job', 'mlflow'])
  const { images } = place.images()
  // What was copied was made by somebody else.
  expect(first.outputs['subjects']).toBe(
    ['api', 'job'].map((name) => `${images[name]?.digest.slice(7)}  local/films/${name}`).join('\n'),
  )
  expect(
    Object.fromEntries(Object.entries(images).map(([name, { reference }]) => [name, reference])),
  ).toEqual(references)
  expect(Object.values(images).map(({ how }) => how)).toEqual(['built', 'built', 'mirrored'])

  const second = await place.run()
  expect(second.message).toBe('nothing to do: all 3 images are known')
  expect(second.outputs).toEqual({ images: first.outputs['images'], changed: '[]', subjects: '' })

  place.write({ 'job/y': '2' })
  const third = await place.run()
  expect(JSON.parse(third.outputs['changed'] ?? '')).toEqual(['job'])
  // Digests differ between machines where an install ran.
  expect(third.summary.replace(/`[0-9a-f]{12}`/g, 'DIGEST').split('\n')).toEqual([
    '| Image | | Why | Digest |',
    '| --- | --- | --- | --- |',
    '| api | known | made before from the same content | DIGEST |',
    '| job | built | its content changed | DIGEST |',
    '| mlflow | known | made before from the same content | DIGEST |',
    '',
  ])
})

test('a build that knows everything leaves images.json as it lies', async () => {
  using place = open()
  await place.run()
  await place.run()
  const before = statSync(place.file).ino
  await place.run()
  expect(statSync(place.file).ino).toBe(before)
  place.write({ 'job/y': '2' })
  await place.run()
  expect(statSync(place.file).ino).not.toBe(before)
})

test('R27 every reference that build hands on is a digest', async () => {
  using place = open()
  const { outputs } = await place.run()
  const references = Object.values(JSON.parse(outputs['images'] ?? '') as Record<string, string>)
  expect(references).toHaveLength(3)
  for (const reference of references) expect(reference).toMatch(/^local\/films\/[a-z]+@sha256:[0-9a-f]{64}$/)
})

test('--dry-run shows the plan and does nothing', async () => {
  using place = open()
  const report = await place.run({}, true)
  expect(report.message).toBe('3 of 3 images would be built: api, job, mlflow')
  expect(report.outputs).toEqual({ images: '{}', changed: '["api","job","mlflow"]', subjects: '' })
  expect(place.events.flatMap((event) => (event.kind === 'table' ? event.rows : []))).toEqual([
    ['api', 'build', 'not made in this environment yet', ''],
    ['job', 'build', 'not made in this environment yet', ''],
    ['mlflow', 'mirror', 'not made in this environment yet', ''],
  ])
  expect(() => place.images()).toThrow('ENOENT')
  expect(await readIndex(layoutOf(place.state, 'api'))).toBeUndefined()
})

test('--image restricts the build to some, and the others stay as they are', async () => {
  using place = open()
  await place.run()
  const before = place.images()
  place.write({ 'api/x': '2', 'job/y': '2' })
  const report = await place.run({ images: ['job'] })
  expect(Object.keys(JSON.parse(report.outputs['images'] ?? '') as object)).toEqual(['job'])
  const after = place.images()
  expect(after.images['api']).toEqual(before.images['api'])
  expect(after.images['job']?.digest).not.toBe(before.images['job']?.digest)
  await expect(place.run({ images: ['jobs', 'zzz'] })).rejects.toMatchObject({
    outcome: 'usage',
    message:
      'sluice.yml has no image jobs (its images are api, job, mlflow)\nsluice.yml has no image zzz (its images are api, job, mlflow)',
    remedy: 'did you mean job?',
  })
})

test('when one image fails nothing is written down, and the failure is the first one', async () => {
  using place = open({
    'sluice.yml': YAML.replace('"0"', '"console.log(`no such package`); process.exit(3)"'),
  })
  const error = await place.run().catch((cause: unknown) => cause)
  expect(error).toMatchObject({ outcome: 'external', code: 11 })
  expect((error as Error).message).toContain('no such package')
  expect(() => place.images()).toThrow('ENOENT')
})

test('two images are built at the same time, never more', async () => {
  let running = 0
  let most = 0
  using place = open(
    {
      'sluice.yml': `system: films\nenvironments:\n  local: { cloud: local }\nimages:\n${[1, 2, 3, 4, 5].map((n) => `  i${n}: { context: job }\n`).join('')}`,
    },
    (store) => ({
      ...store,
      publish: async (image, fingerprint) => {
        most = Math.max(most, ++running)
        await new Promise((go) => setTimeout(go, 20))
        running--
        return store.publish(image, fingerprint)
      },
    }),
  )
  await place.run()
  expect(most).toBe(2)
  expect(Object.keys(place.images().images)).toEqual(['i1', 'i2', 'i3', 'i4', 'i5'])
})

test('fields of a newer version stay in images.json, another version is refused', async () => {
  using place = open()
  await place.run()
  const { images, ...rest } = place.images()
  const api = images['api'] as ImageRecord
  writeFileSync(
    place.file,
    JSON.stringify({ ...rest, extra: 1, images: { ...images, api: { ...api, more: [2] } } }),
  )
  await place.run()
  expect(place.images()).toMatchObject({ extra: 1, images: { api: { more: [2], how: 'known' } } })
  for (const text of ['{', '[]', JSON.stringify({ ...rest, schema: 'sluice.images/v2', images })]) {
    writeFileSync(place.file, text)
    await expect(place.run()).rejects.toMatchObject({ outcome: 'usage' })
  }
})

test('--verify reads an image back, and tells a digest that is not there from one that is no digest', async () => {
  using place = open()
  await place.run()
  const digest = place.images().images['api']?.digest as Digest
  const report = await place.run({ verify: `api@${digest}` })
  expect(report.message).toContain(`local/films/api@${digest} is there and intact`)
  expect(report.message).toContain('no provenance attestation is attached')
  expect(report.data['verified']).toMatchObject({
    digest,
    labels: { 'dev.sluice.fingerprint': expect.any(String) },
  })
  await expect(place.run({ verify: `api@${digestOf('x')}` })).rejects.toMatchObject({ outcome: 'stale' })
  await expect(place.run({ verify: 'api:latest' })).rejects.toMatchObject({ outcome: 'usage' })
})

test('--verify says whether somebody attached where the image comes from', async () => {
  const said = async (...attestations: string[]): Promise<string> => {
    using place = open({}, (store) => ({
      ...store,
      inspect: async (reference) => {
        const found = await store.inspect(reference)
        return found === undefined ? undefined : { ...found, attestations }
      },
    }))
    await place.run({ images: ['job'] })
    return (
      (await place.run({ verify: `job@${place.images().images['job']?.digest}` })).message.split('; ')[1] ??
      ''
    )
  }
  expect(await said('https://slsa.dev/provenance/v1')).toBe(
    'a provenance attestation is attached (https://slsa.dev/provenance/v1)',
  )
  expect(await said('https://spdx.dev/Document')).toBe(
    'no provenance attestation is attached (https://spdx.dev/Document)',
  )
})

test('a context that cannot be built stops everything before the first build', async () => {
  using place = open({ 'job/leak': { link: '/etc/passwd' } })
  await expect(place.run()).rejects.toMatchObject({ outcome: 'usage' })
  expect(place.events.filter((event) => event.kind === 'progress')).toEqual([])
})

test('the plan says why', () => {
  const fingerprint = digestOf('now')
  const record: ImageRecord = {
    reference: `r@${digestOf('d')}` as ImageRecord['reference'],
    digest: digestOf('d'),
    fingerprint,
    tag: 't',
    platforms: [],
    how: 'known',
  }
  const why = (found: ImageRecord | undefined, before: ImagesFile['images']) =>
    planBuild([{ image: builtImage(), fingerprint, found }], before).map(
      (plan) => `${plan.decision}: ${plan.why}`,
    )
  expect(why(record, {})).toEqual(['known: made before from the same content'])
  expect(why(undefined, {})).toEqual(['build: not made in this environment yet'])
  expect(why(undefined, { api: record })).toEqual(['build: the registry has it no more'])
  expect(why(undefined, { api: { ...record, fingerprint: digestOf('then') } })).toEqual([
    'build: its content changed',
  ])
})

test('images that sluice.yml no longer names leave images.json', () => {
  const record = { digest: digestOf('d') } as ImageRecord
  const before: ImagesFile = { schema: 'sluice.images/v1', images: { old: record, api: record } }
  expect(Object.keys(withImages(before, { job: record }, ['api', 'job']).images)).toEqual(['api', 'job'])
})
