import * as z from 'zod'
import type { GitHubRest } from './rest.ts'

/** Somebody on GitHub. A login may be given up and taken by another, the id stays. */
export const accountSchema = z.looseObject({
  id: z.number().int(),
  login: z.string(),
  /** `User`, `Bot`, `Organization`, `Mannequin`. */
  type: z.string().default('User'),
})
export type Account = Readonly<z.infer<typeof accountSchema>>

/**
 * Whose token it is. By GraphQL, since `GET /user` is closed to the token of a job:
 * https://docs.github.com/graphql/reference/queries#user
 */
export async function viewer(rest: GitHubRest): Promise<number> {
  const schema = z.looseObject({ viewer: z.looseObject({ databaseId: z.number().int() }) })
  return (await rest.query('{ viewer { databaseId } }', schema)).viewer.databaseId
}
