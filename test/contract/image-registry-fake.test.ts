import { Secret } from '../../src/domain/secret.ts'
import { type FakeRegistryOptions, startFakeRegistry } from '../world/registry/server.ts'
import { imageRegistryContract, type RegistryWorld } from './image-registry.ts'

const password = 'correct-horse'

async function fake(options: FakeRegistryOptions): Promise<RegistryWorld> {
  const server = await startFakeRegistry(options)
  const login = options.access === undefined ? {} : { login: `ada:${password}` }
  return {
    host: server.host,
    credentials: { of: async () => ({ username: 'ada', password: new Secret(password) }) },
    ...login,
    close: () => server[Symbol.asyncDispose](),
  }
}

imageRegistryContract('in memory', () => fake({}))
imageRegistryContract('in memory, terse, with tags that may not move', () =>
  fake({ terse: true, immutable: true, noRanges: true }),
)
imageRegistryContract('in memory, with tokens', () =>
  // The client's clock is its own: what a token's life means is tested in test/images/registry/login.test.ts.
  fake({ access: { kind: 'bearer', users: { ada: password }, life: 3600, now: () => 0 } }),
)
