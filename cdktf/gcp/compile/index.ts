import type { Stack, Synthesis } from '../../../src/domain/stacks/synthesizer.ts'
import type { System } from '../../../src/domain/system/system.ts'
import { literals } from '../../core/literal.ts'
import { stacksOf } from '../../core/stacks-of.ts'
import { dashboard } from './dashboard.ts'
import { edge } from './edge.ts'
import { foundation } from './foundation.ts'
import { Site } from './site.ts'

/**
 * A kind, and what compiles it. The bindings of a kind are large, so each is loaded with the systems that have it. What
 * refers to other resources waits in `site.later`.
 */
const KINDS: readonly (readonly [kind: keyof System, load: () => Promise<Compile>])[] = [
  ['databases', async () => (await import('./databases.ts')).databases],
  ['buckets', async () => (await import('./buckets.ts')).buckets],
  ['topics', async () => (await import('./topics.ts')).topics],
  ['caches', async () => (await import('./caches.ts')).caches],
  ['workers', async () => (await import('./workers.ts')).workers],
  ['functions', async () => (await import('./functions.ts')).functions],
  ['services', async () => (await import('./services.ts')).services],
  ['pipelines', async () => (await import('./pipelines.ts')).pipelines],
]
type Compile = (site: Site) => void | Promise<void>

/** A system on Google Cloud as stacks. */
export async function compileGcp({ system, images }: Synthesis): Promise<Stack[]> {
  const site = new Site({ system: literals(system), images })
  foundation(site)
  for (const [kind, load] of KINDS) {
    if (Object.keys(system[kind] ?? {}).length > 0) await (await load())(site)
  }
  site.finish()
  dashboard(site)
  await edge(site)
  return stacksOf(site.app)
}
