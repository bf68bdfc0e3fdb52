import { createCipheriv, createHash } from 'node:crypto'
import { INDEX, MANIFEST } from '../../../src/tools/oci/media-types.ts'
import type { RegistryStore } from './store.ts'

/** Bytes that look random and are the same in every run. */
export function bytesOf(seed: string, size: number): Buffer {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16)
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size))
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface ImageShape {
  readonly seed?: string
  readonly architecture?: string
  readonly layers?: readonly number[]
  readonly labels?: Readonly<Record<string, string>>
  readonly tag?: string
}

/** An image of one platform, as somebody pushed it. */
export function putImage(store: RegistryStore, repository: string, shape: ImageShape = {}) {
  const { seed = 'one', architecture = 'amd64', layers = [3000, 200_000], labels = {}, tag } = shape
  const pushed = layers.map((size, i) => store.blob(repository, bytesOf(`${seed}${i}`, size), LAYER))
  const config = store.blob(
    repository,
    Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture,
        config: { Labels: labels },
        rootfs: { type: 'layers', diff_ids: pushed.map(({ digest }) => digest) },
      }),
    ),
    CONFIG,
  )
  const manifest = store.manifest(repository, { schemaVersion: 2, config, layers: pushed }, MANIFEST, tag)
  return { ...manifest, config, layers: pushed }
}

/** An index of two platforms with an attestation, as BuildKit pushes it. */
export function putIndex(store: RegistryStore, repository: string, tag?: string, seed = 'index') {
  const amd64 = putImage(store, repository, { seed: `${seed}-amd64`, labels: { made: 'here' } })
  const arm64 = putImage(store, repository, { seed: `${seed}-arm64`, architecture: 'arm64' })
  const statement = store.blob(repository, bytesOf(`${seed}-statement`, 500), 'application/vnd.in-toto+json')
  const empty = store.blob(repository, Buffer.from('{"os":"unknown","architecture":"unknown"}'), CONFIG)
  const attestation = store.manifest(
    repository,
    { schemaVersion: 2, config: empty, layers: [statement] },
    MANIFEST,
  )
  const entry = ({ mediaType, digest, size }: typeof attestation) => ({ mediaType, digest, size })
  const index = store.manifest(
    repository,
    {
      schemaVersion: 2,
      manifests: [
        { ...entry(amd64), platform: { os: 'linux', architecture: 'amd64' } },
        { ...entry(arm64), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        {
          ...entry(attestation),
          platform: { os: 'unknown', architecture: 'unknown' },
          annotations: {
            'vnd.docker.reference.type': 'attestation-manifest',
            'vnd.docker.reference.digest': amd64.digest,
          },
        },
      ],
    },
    INDEX,
    tag,
  )
  return { ...index, amd64, arm64, attestation }
}
