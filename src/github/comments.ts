import * as z from 'zod'
import { GitHubError, type GitHubRest } from './rest.ts'
import { accountSchema } from './viewer.ts'

const commentSchema = z.looseObject({
  id: z.number().int(),
  html_url: z.string(),
  body: z.string().nullish(),
  /** Null where the account is gone. */
  user: accountSchema.nullable(),
})

/** A comment on a pull request or an issue. */
export interface Comment {
  readonly id: number
  readonly url: string
  readonly body: string
  /** Id of the account; undefined where it is gone. */
  readonly author: number | undefined
}

/** The comments of one conversation. */
export interface Comments {
  /** Of all pages, oldest first. */
  list(): AsyncIterable<Comment>
  create(body: string): Promise<Comment>
  update(id: number, body: string): Promise<Comment>
  /** One that is gone already is fine. */
  remove(id: number): Promise<void>
}

/** https://docs.github.com/rest/issues/comments; a pull request is an issue there. */
export function commentsOf(rest: GitHubRest, number: number): Comments {
  return {
    list: async function* () {
      for await (const found of rest.list(`/issues/${number}/comments`, commentSchema))
        yield commentFrom(found)
    },
    create: async (body) =>
      commentFrom(await rest.send('POST', `/issues/${number}/comments`, { body }, commentSchema)),
    update: async (id, body) =>
      commentFrom(await rest.send('PATCH', `/issues/comments/${id}`, { body }, commentSchema)),
    remove: async (id) => {
      try {
        await rest.send('DELETE', `/issues/comments/${id}`, undefined, z.unknown())
      } catch (error) {
        if (!(error instanceof GitHubError && error.status === 404)) throw error
      }
    },
  }
}

function commentFrom({ id, html_url, body, user }: z.infer<typeof commentSchema>): Comment {
  return { id, url: html_url, body: body ?? '', author: user?.id }
}
