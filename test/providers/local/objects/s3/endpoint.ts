import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'
import { Secret } from '../../../../../src/domain/secret.ts'
import { type S3Options, startS3 } from '../../../../../src/providers/local/objects/s3/server.ts'
import type { Event } from '../../../../../src/runtime/events.ts'

export const KEYS = { accessKeyId: 'local-key', secretAccessKey: 'local-secret' }

export interface Endpoint {
  readonly url: string
  readonly folder: string
  readonly events: Event[]
  client(config?: S3ClientConfig): S3Client
  close(): Promise<void>
}

/** The endpoint on an empty folder, and the real SDK to talk to it. */
export async function openEndpoint(options: Partial<S3Options> = {}): Promise<Endpoint> {
  const folder = await mkdtemp(join(tmpdir(), 's3-'))
  const events: Event[] = []
  const server = await startS3({
    root: join(folder, 'objects'),
    credentials: { accessKeyId: KEYS.accessKeyId, secretAccessKey: new Secret(KEYS.secretAccessKey) },
    region: 'us-east-1',
    clock: { now: () => Date.now(), sleep: async () => {} },
    log: { emit: (event) => void events.push(event) },
    port: 0,
    ...options,
  })
  const clients: S3Client[] = []
  return {
    url: server.url,
    folder,
    events,
    client: (config = {}) => {
      const client = new S3Client({
        endpoint: server.url,
        region: 'us-east-1',
        credentials: KEYS,
        maxAttempts: 1,
        ...config,
      })
      clients.push(client)
      return client
    },
    close: async () => {
      for (const client of clients) client.destroy()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The code of S3 that a call failed with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as Error).name
  }
  return 'no error'
}
