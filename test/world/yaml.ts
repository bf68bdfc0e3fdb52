import type { World as CommandWorld } from '../../src/commands/command.ts'
import { digestOf } from '../../src/domain/digest.ts'
import type { FakeOptions, FakeRuntime } from '../../src/runtime/fake/index.ts'
import { image, type World } from './cloud.ts'

/** The shop as its team writes it. */
export const SHOP_YAML = `system: shop
environments:
  test: { cloud: local }
images:
  web: { context: web }
  api: { context: api }
services:
  web: { image: web, port: 8000, health: /health, connects: [api] }
  api: { image: api, port: 8001, health: /health }
rollout: { strategy: canary, steps: [50%, 100%], bake: 1s, checks: [{ http: /health }] }
`

/** images.json as build leaves it: image -> content. */
export function imagesJson(contents: Readonly<Record<string, string>>): string {
  const images = Object.fromEntries(
    Object.entries(contents).map(([name, content]) => {
      const reference = image(name, content)
      const digest = digestOf(`${name}:${content}`)
      return [name, { reference, digest, fingerprint: digest, tag: content, platforms: [], how: 'built' }]
    }),
  )
  return JSON.stringify({ schema: 'sluice.images/v1', images })
}

export interface Desk {
  readonly world: CommandWorld
  readonly runtime: FakeRuntime
}

let seed = 100

/** Someone at a machine with the repository checked out, on this cloud. */
export function desk(
  cloud: World,
  options: {
    readonly files?: Record<string, string>
    readonly dryRun?: boolean
    readonly machine?: FakeOptions
  } = {},
): Desk {
  const files = { '/project/sluice.yml': SHOP_YAML, ...options.files }
  seed = (seed % 997) + 1
  const runtime = cloud.machine(
    {
      http: () => ({ status: 200 }),
      exec: () => ({ code: 128 }),
      env: { USER: 'ada' },
      ...options.machine,
      files,
    },
    undefined,
    seed,
  )
  const provider = cloud.provider()
  return {
    runtime,
    world: {
      runtime,
      openProvider: async () => provider,
      request: { file: 'sluice.yml', environment: 'test', dryRun: options.dryRun === true },
    },
  }
}
