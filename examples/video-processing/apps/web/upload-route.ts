import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Announce } from '../shared/announce.ts'
import { FORMAT_NAMES, type Format } from '../shared/formats.ts'
import type { Objects } from '../shared/objects.ts'
import { MOST_PIXELS, probe } from '../shared/probe.ts'
import { sourceKey, type Videos } from '../shared/videos.ts'
import { announcedBytes, receive, TooLarge } from './receive.ts'
import { type Refusal, refuseUnread } from './refuse-unread.ts'
import { shown } from './video-routes.ts'

export interface UploadOptions {
  readonly videos: Videos
  readonly objects: Objects
  readonly announce: Announce
  readonly largest: number
}

const BINARY = 'application/octet-stream'

/** The body is the file itself. It goes to disk as it comes, and into the bucket once it is known to be a video. */
export function uploadRoute(app: FastifyInstance, options: UploadOptions): void {
  const { videos, objects, announce, largest } = options
  const refusal: Refusal = { status: 413, body: { error: `a video has at most ${largest} bytes` } }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))

  app.post<{ Querystring: { name: string; format: Format }; Body: Readable }>(
    '/videos',
    {
      // Before a byte of the body is read.
      onRequest: async (request, reply) => {
        if ((announcedBytes(request.headers['content-length']) ?? 0) > largest) {
          reply.hijack()
          refuseUnread(request.raw, reply.raw, refusal)
        }
      },
      schema: {
        summary: 'Upload a video; the body is the file',
        tags: ['videos'],
        security: [{ token: [] }],
        consumes: [BINARY],
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            name: {
              type: 'string',
              minLength: 1,
              maxLength: 80,
              default: 'Untitled',
              description: 'Its title',
            },
            format: {
              type: 'string',
              enum: FORMAT_NAMES,
              default: 'mp4',
              description: 'What it shall become',
            },
          },
        },
      },
    },
    async (request, reply) => {
      const { name, format } = request.query
      const folder = await mkdtemp(join(tmpdir(), 'upload-'))
      const path = join(folder, 'video')
      try {
        const bytes = await receive(request.body, path, largest)
        const probed = await probe(path)
        if (probed === undefined) return reply.code(415).send({ error: 'this is not a video' })
        if (probed.width * probed.height > MOST_PIXELS) {
          return reply.code(415).send({ error: `its frames have more than ${MOST_PIXELS} pixels` })
        }
        const id = randomUUID()
        await objects.put(sourceKey(id), path, BINARY)
        await videos.add({ id, owner: request.user, name, format, bytes })
        try {
          await announce(id)
        } catch (error) {
          // It is safe and in the table: the next sweep announces it.
          request.log.warn(error, 'an upload was not announced')
        }
        const video = await videos.get(id)
        if (video === undefined) throw new Error(`video ${id} is gone`)
        return reply.code(202).header('location', `/videos/${id}`).send(shown(video))
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error
        reply.hijack()
        refuseUnread(request.raw, reply.raw, refusal)
        return reply
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  )
}
