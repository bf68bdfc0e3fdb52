import { Secret } from '../../../src/domain/secret.ts'
import { gitHubAddress } from '../../../src/github/address.ts'
import { type GitHubMachine, GitHubRest } from '../../../src/github/rest.ts'
import { FakeClock } from '../../../src/runtime/fake/clock.ts'
import { nodeHttp } from '../../../src/runtime/node/http.ts'
import { type FakeGitHub, TOKEN } from './server.ts'

let seeds = 0

/** A client of the simulated GitHub, on a clock of its own. */
export function gitHubClient(github: FakeGitHub, token = TOKEN): { rest: GitHubRest; clock: FakeClock } {
  const clock = new FakeClock()
  let seed = 1 + (seeds++ % 97)
  const machine: GitHubMachine = {
    http: nodeHttp,
    clock,
    random: {
      bytes: (count) =>
        Uint8Array.from({ length: count }, () => {
          seed = (seed * 48271) % 2147483647
          return seed & 255
        }),
    },
  }
  return { rest: new GitHubRest(gitHubAddress(github.env, new Secret(token)), machine), clock }
}
