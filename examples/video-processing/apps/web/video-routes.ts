import type { FastifyInstance } from 'fastify'
import { FORMATS } from '../shared/formats.ts'
import type { Objects } from '../shared/objects.ts'
import { resultKey, type Video, type Videos } from '../shared/videos.ts'

const security = [{ token: [] }]
const tags = ['videos']

/** What a user sees of a video. */
export function shown(video: Video): object {
  const { id, name, format, state, bytes, attempts, reason, uploaded_at, converted_at } = video
  return {
    id,
    name,
    format,
    state,
    bytes,
    attempts,
    reason,
    uploadedAt: uploaded_at.toISOString(),
    convertedAt: converted_at?.toISOString() ?? null,
  }
}

export function videoRoutes(
  app: FastifyInstance,
  { videos, objects }: { readonly videos: Videos; readonly objects: Objects },
): void {
  /** Another's is as absent as one that never was. */
  const own = async (id: string, user: string): Promise<Video | undefined> => {
    const video = await videos.get(id)
    return video?.owner === user ? video : undefined
  }

  app.get<{ Querystring: { limit: number; offset: number } }>(
    '/videos',
    {
      schema: {
        summary: 'Your videos, the newest first',
        tags,
        security,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
            offset: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 },
          },
        },
      },
    },
    async ({ user, query: { limit, offset } }) => ({
      videos: (await videos.ofOwner(user, limit, offset)).map(shown),
    }),
  )

  app.get<{ Params: { id: string } }>(
    '/videos/:id',
    { schema: { summary: 'How far it is', tags, security } },
    async ({ user, params: { id } }, reply) => {
      const video = await own(id, user)
      return video === undefined ? reply.code(404).send({ error: `there is no video ${id}` }) : shown(video)
    },
  )

  app.get<{ Params: { id: string } }>(
    '/videos/:id/content',
    { schema: { summary: 'Download what became of it', tags, security } },
    async ({ user, params: { id } }, reply) => {
      const video = await own(id, user)
      if (video === undefined) return reply.code(404).send({ error: `there is no video ${id}` })
      if (video.state !== 'converted') {
        return reply.code(409).send({ error: `the video is ${video.state}`, reason: video.reason })
      }
      const content = await objects.get(resultKey(video))
      if (content === undefined) return reply.code(410).send({ error: 'the video was removed' })
      return reply
        .type(FORMATS[video.format].type)
        .header('content-disposition', `attachment; filename="${video.id}.${video.format}"`)
        .send(content)
    },
  )
}
