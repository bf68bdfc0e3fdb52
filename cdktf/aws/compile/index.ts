import type { Stack, Synthesis } from '../../../src/domain/stacks/synthesizer.ts'
import type { System } from '../../../src/domain/system/system.ts'
import { literals } from '../../core/literal.ts'
import { stacksOf } from '../../core/stacks-of.ts'
import { bound } from './bound.ts'
import { buckets } from './buckets.ts'
import { dashboard } from './dashboard.ts'
import { edge } from './edge.ts'
import { foundation } from './foundation.ts'
import { pipelines } from './pipelines.ts'
import { services } from './services.ts'
import { Site } from './site.ts'

/**
 * A kind, and what compiles it. Each comes after those that it may refer to. The bindings of a kind are large, so those of
 * kinds that not every system has are loaded with it.
 */
const KINDS: readonly (readonly [kind: keyof System, load: () => Promise<(site: Site) => void>])[] = [
  ['databases', async () => (await import('./databases.ts')).databases],
  ['buckets', async () => buckets],
  ['tables', async () => (await import('./tables.ts')).tables],
  ['topics', async () => (await import('./topics.ts')).topics],
  ['caches', async () => (await import('./caches.ts')).caches],
  ['apis', async () => (await import('./apis.ts')).apis],
  ['workers', async () => (await import('./workers.ts')).workers],
  ['functions', async () => (await import('./functions.ts')).functions],
  ['services', async () => services],
]

/** A system on AWS as stacks. */
export async function compileAws({ system, images }: Synthesis): Promise<Stack[]> {
  const site = new Site({ system: literals(system), images })
  foundation(site)
  for (const [kind, load] of KINDS) {
    if (Object.keys(system[kind] ?? {}).length > 0) (await load())(site)
  }
  await pipelines(site)
  dashboard(site)
  await edge(site)
  bound(site)
  return stacksOf(site.app)
}
