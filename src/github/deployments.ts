import * as z from 'zod'
import type { GitHubRest } from './rest.ts'

/** A deployment of ours, as the page of an environment shows it. */
export interface Deployment {
  readonly id: number
  /** Id of the release that it stands for. */
  readonly release: string
}

/** `pending` where nothing was said of it yet. */
export type DeploymentState =
  | 'pending'
  | 'queued'
  | 'in_progress'
  | 'success'
  | 'failure'
  | 'error'
  | 'inactive'

export interface DeploymentStatus {
  readonly state: Exclude<DeploymentState, 'pending'>
  /** At most 140 characters are kept. */
  readonly description?: string
  /** Where the environment answers. */
  readonly url?: string
  /** Where one reads how it went. */
  readonly log?: string
}

/** Deployments of one repository, kept beside its workflow runs. */
export interface Deployments {
  /** Ours of an environment, the newest first; not many of them. */
  recent(environment: string): Promise<readonly Deployment[]>
  /** @param commit 40 hex digits; GitHub has to have it. */
  create(made: {
    readonly environment: string
    readonly commit: string
    readonly release: string
    readonly description: string
  }): Promise<Deployment>
  stateOf(deployment: Deployment): Promise<DeploymentState>
  say(deployment: Deployment, status: DeploymentStatus): Promise<void>
}

const TASK = 'deploy'
/** Of all deployments of an environment, ours or not. */
const LOOKED_THROUGH = 30
const LONGEST = 140

const deploymentSchema = z.looseObject({
  id: z.number().int(),
  /** An object, or the text of one, as it was sent. */
  payload: z.unknown(),
})
const oursSchema = z.looseObject({ sluice: z.looseObject({ release: z.string() }) })
const statusSchema = z.looseObject({ state: z.string() })

/** https://docs.github.com/rest/deployments/deployments and https://docs.github.com/rest/deployments/statuses */
export function deploymentsOf(rest: GitHubRest): Deployments {
  return {
    recent: async (environment) => {
      const query = new URLSearchParams({ environment, task: TASK })
      const found: Deployment[] = []
      let looked = 0
      for await (const one of rest.list(`/deployments?${query}`, deploymentSchema)) {
        const release = releaseOf(one.payload)
        if (release !== undefined) found.push({ id: one.id, release })
        looked++
        if (looked === LOOKED_THROUGH) break
      }
      return found
    },
    create: async ({ environment, commit, release, description }) => {
      const body = {
        ref: commit,
        task: TASK,
        environment,
        description: description.slice(0, LONGEST),
        payload: { sluice: { release } },
        // What is deployed is decided already: nothing is merged, and no check of the commit is waited for.
        auto_merge: false,
        required_contexts: [],
      }
      const { id } = await rest.send('POST', '/deployments', body, deploymentSchema)
      return { id, release }
    },
    stateOf: async ({ id }) => {
      // The newest comes first.
      const [newest] = await rest.get(`/deployments/${id}/statuses?per_page=1`, statusSchema.array())
      return STATES.find((state) => state === newest?.state) ?? 'pending'
    },
    say: async ({ id }, { state, description, url, log }) => {
      const body = {
        state,
        ...(description === undefined ? {} : { description: description.slice(0, LONGEST) }),
        ...(url === undefined ? {} : { environment_url: url }),
        ...(log === undefined ? {} : { log_url: log }),
        // By itself GitHub would spare the ones before in environments of production.
        auto_inactive: false,
      }
      await rest.send('POST', `/deployments/${id}/statuses`, body, statusSchema)
    },
  }
}

const STATES: readonly DeploymentState[] = [
  'queued',
  'in_progress',
  'success',
  'failure',
  'error',
  'inactive',
]

function releaseOf(payload: unknown): string | undefined {
  let value = payload
  if (typeof payload === 'string') {
    try {
      value = JSON.parse(payload)
    } catch {
      return undefined
    }
  }
  const ours = oursSchema.safeParse(value)
  return ours.success ? ours.data.sluice.release : undefined
}
