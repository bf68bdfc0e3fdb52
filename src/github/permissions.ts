import * as z from 'zod'
import { GitHubError, type GitHubRest } from './rest.ts'
import { accountSchema } from './viewer.ts'

/** What somebody may do in the repository; `write` is the least that may ask Sluice for something. */
export type Permission = 'none' | 'read' | 'write' | 'admin'

export interface Permissions {
  /**
   * As it is at this moment. `none` for somebody who is not there, or whose login now belongs to another account.
   *
   * @param account by login and id, as the comment or review names it.
   */
  of(account: { readonly id: number; readonly login: string }): Promise<Permission>
}

/** `maintain` is told as `write`, `triage` as `read`. */
const answerSchema = z.looseObject({
  permission: z.enum(['none', 'read', 'write', 'admin']),
  user: accountSchema.nullish(),
})

/** https://docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user */
export function permissionsOf(rest: GitHubRest): Permissions {
  return {
    of: async ({ id, login }) => {
      try {
        const path = `/collaborators/${encodeURIComponent(login)}/permission`
        const { permission, user } = await rest.get(path, answerSchema)
        return user?.id === id ? permission : 'none'
      } catch (error) {
        if (error instanceof GitHubError && error.status === 404) return 'none'
        throw error
      }
    },
  }
}
