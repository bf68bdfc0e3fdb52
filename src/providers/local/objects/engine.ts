import { join } from 'node:path'
import type { Named } from '../../../domain/named.ts'
import { Secret } from '../../../domain/secret.ts'
import { connectionVariable } from '../../../domain/system/connections.ts'
import type { Bucket } from '../../../domain/system/system.ts'
import { message } from '../../../runtime/events.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { listenAgain, openEndpointFile } from '../endpoint-file.ts'
import type { EmbeddedEngine } from '../engine.ts'
import type { Loopback } from '../loopback.ts'
import { ensureBuckets } from './object-store.ts'
import { startS3 } from './s3/server.ts'
import { sweepObjects } from './sweep.ts'

export interface ObjectsEngineOptions {
  readonly runtime: Runtime
  /** Absolute path of objects/. */
  readonly folder: string
  readonly buckets: Named<Bucket>
  readonly region: string
}

const ACCESS_KEY = 'sluice-local'
const SWEEP_EVERY = 3_600_000

/** The buckets as an S3 endpoint, swept every hour. It lives inside the supervisor and ends only with it. */
export function objectsEngine({ runtime, folder, buckets, region }: ObjectsEngineOptions): EmbeddedEngine {
  let server: Loopback | undefined
  let stopped = new AbortController()
  return {
    name: 'objects',
    died: new Promise(() => {}),
    async start() {
      const path = join(folder, 'endpoint.json')
      const file = await openEndpointFile(runtime, path)
      await ensureBuckets(folder, buckets, runtime.clock)
      const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: new Secret(file.secret) }
      const { clock, log } = runtime
      const started = await listenAgain(runtime, path, file, (port) =>
        startS3({ root: folder, credentials, region, clock, log, port }),
      )
      server = started
      stopped = new AbortController()
      void sweepForever(runtime, folder, stopped.signal)
      return {
        url: started.url,
        shared: {
          AWS_ENDPOINT_URL_S3: started.url,
          AWS_ACCESS_KEY_ID: ACCESS_KEY,
          AWS_SECRET_ACCESS_KEY: file.secret,
          AWS_REGION: region,
        },
        connections: Object.fromEntries(
          Object.keys(buckets).map((name) => [
            name,
            {
              [connectionVariable('buckets', name, 'BUCKET')]: name,
              [connectionVariable('buckets', name, 'URI')]: `s3://${name}`,
            },
          ]),
        ),
      }
    },
    async stop() {
      stopped.abort(new Error('stopped'))
      await server?.close()
      server = undefined
    },
  }
}

async function sweepForever(runtime: Runtime, folder: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { expired } = await sweepObjects(folder, runtime.clock.now())
      if (expired > 0) runtime.log.emit(message('info', `${expired} objects expired`))
    } catch (error) {
      runtime.log.emit(message('warning', `expired objects were not removed: ${(error as Error).message}`))
    }
    await runtime.clock.sleep(SWEEP_EVERY, signal).catch(() => {})
  }
}
