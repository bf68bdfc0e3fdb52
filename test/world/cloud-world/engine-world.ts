import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secret } from '../../../src/domain/secret.ts'
import { createBucket } from '../../../src/providers/local/objects/bucket.ts'
import { startS3 } from '../../../src/providers/local/objects/s3/server.ts'
import { openProviderDoor, type TypesUsed } from './grpc/door.ts'
import { openGcs } from './http/gcs.ts'
import { openSts } from './http/sts.ts'
import { CloudWorld, type CloudWorldOptions } from './world.ts'

/** A command of the engine lives for a second, and collecting its memory takes a third of that: only a big one collects. */
const SHORT_LIVED = { GOGC: 'off', GOMEMLIMIT: '512MiB' }
const KEYS = { id: 'simulated', secret: 'simulated-secret' }

/** The world with what an engine needs around it: providers to attach to, and S3 for its states. */
export interface EngineWorld extends AsyncDisposable {
  readonly world: CloudWorld
  /** What an engine's environment gets beside PATH and HOME. */
  readonly env: Readonly<Record<string, string>>
}

export interface EngineWorldOptions extends CloudWorldOptions {
  /** Asked whenever an engine wants the schemas. */
  readonly types?: () => TypesUsed
  /** Of the states. */
  readonly region?: string
  /** Buckets of states, as `sluice bootstrap` has made them. */
  readonly buckets?: readonly string[]
}

/** States lie behind Sluice's own S3 endpoint, whose conditional writes are their locks. */
export async function openEngineWorld({
  types,
  region = 'us-east-1',
  buckets = [],
  ...options
}: EngineWorldOptions = {}): Promise<EngineWorld> {
  await using opened = new AsyncDisposableStack()
  const world = new CloudWorld(options)
  const root = await mkdtemp(join(tmpdir(), 'sluice-states-'))
  opened.defer(() => rm(root, { recursive: true, force: true }))
  for (const bucket of buckets) await createBucket(root, bucket, { versioning: 'enabled', createdAt: 0 })
  const s3 = await startS3({
    root,
    credentials: { accessKeyId: KEYS.id, secretAccessKey: new Secret(KEYS.secret) },
    region,
    clock: { now: () => Date.now(), sleep: async () => {} },
    log: { emit: () => {} },
    port: 0,
  })
  opened.defer(() => s3.close())
  const sts = opened.use(await openSts(world))
  const gcs = opened.use(await openGcs())
  const door = opened.use(await openProviderDoor(world, types))
  const rest = opened.move()
  return {
    world,
    env: {
      ...SHORT_LIVED,
      TF_REATTACH_PROVIDERS: door.reattach,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_ACCESS_KEY_ID: KEYS.id,
      AWS_SECRET_ACCESS_KEY: KEYS.secret,
      AWS_EC2_METADATA_DISABLED: 'true',
      GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT: gcs.url,
      GOOGLE_OAUTH_ACCESS_TOKEN: 'simulated',
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}
