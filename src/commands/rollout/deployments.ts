import type { Secret } from '../../domain/secret.ts'
import type { Deployments } from '../../github/deployments.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { tokenOfEnvironment } from '../github-token.ts'

/** Limits of GitHub are waited out for so long: a rollout does not wait for its record. Milliseconds. */
const PATIENCE = 20_000

/** Deployments on GitHub, for runs of its workflows; undefined anywhere else. */
export function deploymentsOnGitHub(
  runtime: Runtime,
  token: Secret | undefined = tokenOfEnvironment(runtime),
): Deployments | undefined {
  const { GITHUB_ACTIONS: isRun, GITHUB_REPOSITORY: repository } = runtime.env
  if (token === undefined || isRun !== 'true' || !repository) return undefined
  let opened: Promise<Deployments> | undefined
  const deployments = (): Promise<Deployments> => {
    opened ??= open(runtime, token)
    return opened
  }
  return {
    recent: async (environment) => (await deployments()).recent(environment),
    create: async (made) => (await deployments()).create(made),
    stateOf: async (deployment) => (await deployments()).stateOf(deployment),
    say: async (deployment, status) => (await deployments()).say(deployment, status),
  }
}

async function open({ env, http, clock, random }: Runtime, token: Secret): Promise<Deployments> {
  const [{ gitHubAddress }, { GitHubRest }, { deploymentsOf }] = await Promise.all([
    import('../../github/address.ts'),
    import('../../github/rest.ts'),
    import('../../github/deployments.ts'),
  ])
  // A cancel does not cut it off: how the cancelled rollout ended is said as well.
  return deploymentsOf(new GitHubRest(gitHubAddress(env, token), { http, clock, random, patience: PATIENCE }))
}
