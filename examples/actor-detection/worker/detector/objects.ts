import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Checkpoint, Checkpoints, Objects, Video } from './ports.ts'
import type { Settings } from './settings.ts'

/** `night-bakery.mp4.1f2e3d4c5b6a`: of this video as it is now; the same name with other bytes has a result of its own. */
function nameOf(video: Video): string {
  return `${video.key.slice(video.key.lastIndexOf('/') + 1)}.${video.etag.slice(0, 12)}`
}

/** Videos, results and logs in the buckets, and where a video stands, beside the logs. */
export function openObjects(
  s3: S3Client,
  { raw, processed, videos, results, logs }: Settings,
  folder: string,
): { readonly objects: Objects; readonly checkpoints: Checkpoints } {
  const local = (video: Video): string => join(folder, `${nameOf(video)}.video`)
  const put = (Key: string, Body: string, ContentType: string, more: { IfNoneMatch?: '*' } = {}) =>
    s3.send(new PutObjectCommand({ Bucket: processed, Key, Body, ContentType, ...more }))
  const resultKey = (video: Video): string => `${results}${nameOf(video)}.json`
  const checkpointKey = (video: Video): string => `${logs}unfinished/${nameOf(video)}.json`

  return {
    objects: {
      async pending() {
        const there = new Set<string>()
        for await (const { Key = '' } of listed(s3, processed, results)) there.add(Key)
        const found: Video[] = []
        for await (const { Key: key = '', Size: bytes = 0, ETag = '' } of listed(s3, raw, videos)) {
          const video = { key, bytes, etag: ETag.replaceAll(/[^\w-]/g, '') }
          if (!there.has(resultKey(video))) found.push(video)
        }
        return found
      },

      async fetch(video) {
        const path = local(video)
        if ((await stat(path).catch(() => undefined))?.size === video.bytes) return path
        const { Body } = await s3.send(
          new GetObjectCommand({ Bucket: raw, Key: video.key, IfMatch: `"${video.etag}"` }),
        )
        await pipeline(Body as Readable, createWriteStream(`${path}.part`))
        await rename(`${path}.part`, path)
        return path
      },

      forget: (video) => rm(local(video), { force: true }),

      async finish(video, result) {
        try {
          await put(resultKey(video), JSON.stringify(result), 'application/json', { IfNoneMatch: '*' })
          return true
        } catch (error) {
          if ((error as Error).name === 'PreconditionFailed') return false
          throw error
        }
      },

      async log(video, lines) {
        await put(`${logs}${nameOf(video)}.log`, `${lines.join('\n')}\n`, 'text/plain; charset=utf-8')
      },
    },

    checkpoints: {
      async read(video) {
        try {
          const { Body } = await s3.send(
            new GetObjectCommand({ Bucket: processed, Key: checkpointKey(video) }),
          )
          return JSON.parse((await Body?.transformToString()) ?? '') as Checkpoint
        } catch (error) {
          if ((error as Error).name === 'NoSuchKey') return undefined
          throw error
        }
      },
      async write(video, checkpoint) {
        await put(checkpointKey(video), JSON.stringify(checkpoint), 'application/json')
      },
      async remove(video) {
        await s3.send(new DeleteObjectCommand({ Bucket: processed, Key: checkpointKey(video) }))
      },
    },
  }
}

async function* listed(s3: S3Client, Bucket: string, Prefix: string) {
  let ContinuationToken: string | undefined
  do {
    const page: ListObjectsV2CommandOutput = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken ? { ContinuationToken } : {}) }),
    )
    yield* page.Contents ?? []
    ContinuationToken = page.NextContinuationToken
  } while (ContinuationToken !== undefined)
}
