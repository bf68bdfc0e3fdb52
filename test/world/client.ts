import type { Report } from '../../src/commands/command.ts'
import { carry } from '../../src/commands/rollout/carry.ts'
import { openSite } from '../../src/commands/rollout/site.ts'
import type { Wanted } from '../../src/commands/rollout/survey.ts'
import type { ImageReference } from '../../src/domain/digest.ts'
import type { Release } from '../../src/domain/releases/release.ts'
import type { System } from '../../src/domain/system/system.ts'
import type { Deployments } from '../../src/github/deployments.ts'
import type { FakeOptions, FakeRuntime } from '../../src/runtime/fake/index.ts'
import { image, shop, type World } from './cloud.ts'
import { Wire } from './faults.ts'

export interface ClientOptions {
  readonly system?: System
  readonly wire?: Wire
  readonly machine?: FakeOptions
  readonly waitLock?: number
  readonly dryRun?: boolean
  /** Content of each service's image: `{ web: 'v2' }`; the others have `v1`. */
  readonly content?: Readonly<Record<string, string>>
  readonly commit?: string
  readonly wanted?: Partial<Wanted>
  readonly deployments?: Deployments
  readonly during?: (runtime: FakeRuntime) => void
}

let seeds = 0

/** Rolls out in a process of its own: its report, or `killed`. */
export async function rollOut(
  world: World,
  options: ClientOptions = {},
): Promise<{ readonly report: Report; readonly runtime: FakeRuntime }> {
  const { ended, runtime } = await start(world, options)
  const report = await ended
  if (report === 'killed') throw new Error('killed')
  return { report, runtime }
}

export async function start(world: World, options: ClientOptions = {}) {
  const { wire = new Wire(), system = shop(), content = {} } = options
  seeds = (seeds % 97) + 1
  const http = () => ({ status: 200, body: '{"status":"ok"}' })
  const runtime = world.machine({ http, ...options.machine }, wire, seeds)
  const provider = world.provider(wire)
  const environment = {
    system,
    root: '/project',
    state: '/project/.sluice/test',
    provider: async () => provider,
    close: async () => {},
  }
  const site = await openSite(runtime, environment, options.deployments)
  const images: Record<string, ImageReference> = {}
  for (const { name, image: of } of Object.values(site.system.services))
    images[name] = image(of, content[name] ?? 'v1')
  const wanted: Wanted = {
    images: (_live: Release | undefined) => images,
    commit: options.commit ?? 'c1',
    judged: [],
    built: undefined,
    keepModels: false,
    forced: undefined,
    allowOlder: false,
    ...options.wanted,
  }
  options.during?.(runtime)
  const work = carry(site, wanted, {
    command: 'rollout',
    dryRun: options.dryRun === true,
    waitLock: options.waitLock ?? 0,
  })
  return { ended: wire.run(work), runtime, wire, site }
}
