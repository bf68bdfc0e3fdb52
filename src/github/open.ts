import type { Secret } from '../domain/secret.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { gitHubAddress } from './address.ts'
import { GitHubRest } from './rest.ts'

/** @throws SluiceError usage, where it is not said which repository is meant. */
export function openGitHub({ env, http, clock, random, signals }: Runtime, token: Secret): GitHubRest {
  return new GitHubRest(gitHubAddress(env, token), { http, clock, random, signal: signals.cancelled })
}
