import * as z from 'zod'
import type { GitHubRest } from './rest.ts'
import { accountSchema } from './viewer.ts'

export interface Issue {
  readonly number: number
  readonly url: string
  readonly body: string
  /** Id of the account; undefined where it is gone. */
  readonly author: number | undefined
}

export interface Issues {
  /** Open ones with this label, oldest first; no pull requests. */
  open(label: string): AsyncIterable<Issue>
  create(issue: { readonly title: string; readonly body: string; readonly label: string }): Promise<Issue>
  update(number: number, change: { readonly title?: string; readonly body: string }): Promise<Issue>
  close(number: number): Promise<void>
}

const issueSchema = z.looseObject({
  number: z.number().int(),
  html_url: z.string(),
  body: z.string().nullish(),
  user: accountSchema.nullable(),
  pull_request: z.unknown().optional(),
})

/** https://docs.github.com/rest/issues/issues */
export function issuesOf(rest: GitHubRest): Issues {
  return {
    open: async function* (label) {
      const query = new URLSearchParams({ state: 'open', labels: label, sort: 'created', direction: 'asc' })
      for await (const found of rest.list(`/issues?${query}`, issueSchema)) {
        if (found.pull_request === undefined) yield issueFrom(found)
      }
    },
    create: async ({ title, body, label }) =>
      issueFrom(await rest.send('POST', '/issues', { title, body, labels: [label] }, issueSchema)),
    update: async (number, change) =>
      issueFrom(await rest.send('PATCH', `/issues/${number}`, change, issueSchema)),
    close: async (number) => {
      const closed = { state: 'closed', state_reason: 'completed' }
      await rest.send('PATCH', `/issues/${number}`, closed, issueSchema)
    },
  }
}

function issueFrom({ number, html_url, body, user }: z.infer<typeof issueSchema>): Issue {
  return { number, url: html_url, body: body ?? '', author: user?.id }
}
