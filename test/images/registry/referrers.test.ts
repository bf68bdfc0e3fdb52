import { expect, test } from 'vitest'
import { INDEX, MANIFEST } from '../../../src/tools/oci/media-types.ts'
import { putImage, putIndex } from '../../world/registry/images.ts'
import { startFakeRegistry } from '../../world/registry/server.ts'
import type { RegistryStore } from '../../world/registry/store.ts'
import { client } from './client.ts'

const PROVENANCE = 'https://slsa.dev/provenance/v1'

/** A bundle as GitHub's action pushes it. */
function attach(store: RegistryStore, subject: { digest: string; size: number; mediaType: string }) {
  const bundle = store.blob('app', Buffer.from('{}'), 'application/vnd.dev.sigstore.bundle.v0.3+json')
  const annotations = { 'dev.sigstore.bundle.predicateType': PROVENANCE }
  const { digest, size } = subject
  const manifest = { schemaVersion: 2, config: bundle, layers: [bundle], annotations }
  const pushed = store.manifest(
    'app',
    { ...manifest, subject: { mediaType: MANIFEST, digest, size } },
    MANIFEST,
  )
  return { ...pushed, annotations }
}

test('a statement that was attached later is seen by whoever reads the image whole', async () => {
  await using server = await startFakeRegistry({ referrers: true })
  await using registry = client()
  const image = putImage(server.store, 'app')
  const other = putImage(server.store, 'app', { seed: 'two' })
  attach(server.store, image)
  const read = (digest: string, layers: boolean) => registry.read(`${server.host}/app@${digest}`, { layers })
  expect((await read(image.digest, true))?.attestations).toEqual([PROVENANCE])
  expect((await read(other.digest, true))?.attestations).toEqual([])
  expect((await read(image.digest, false))?.attestations).toEqual([])
})

test('at a registry that lists no referrers, a tag stands for the list', async () => {
  await using server = await startFakeRegistry()
  await using registry = client()
  const image = putImage(server.store, 'app')
  const read = () => registry.read(`${server.host}/app@${image.digest}`, { layers: true })
  expect((await read())?.attestations).toEqual([])
  const { mediaType, digest, size, annotations } = attach(server.store, image)
  const list = { schemaVersion: 2, manifests: [{ mediaType, digest, size, annotations }] }
  server.store.manifest('app', list, INDEX, image.digest.replace(':', '-'))
  expect((await read())?.attestations).toEqual([PROVENANCE])
})

test('an index with attestations that do not say their type claims none', async () => {
  await using server = await startFakeRegistry({ referrers: true })
  await using registry = client()
  const { digest } = putIndex(server.store, 'app')
  expect((await registry.read(`${server.host}/app@${digest}`, { layers: true }))?.attestations).toEqual([])
})
