import type { Stack, Synthesis } from '../../../src/domain/synthesizer.ts'
import type { System } from '../../../src/domain/system.ts'
import { literals } from '../../core/literal.ts'
import { stacksOf } from '../../core/stacks-of.ts'
import { foundation } from './foundation.ts'
import { Site } from './site.ts'

/**
 * A kind, and what compiles it. The bindings of a kind are large, so each is loaded with the systems that have it. What
 * refers to other resources waits in `site.later`.
 */
const KINDS: readonly (readonly [kind: keyof System, load: () => Promise<(site: Site) => void>])[] = []

/** A system on Google Cloud as stacks. */
export async function compileGcp({ system, images }: Synthesis): Promise<Stack[]> {
  const site = new Site({ system: literals(system), images })
  foundation(site)
  for (const [kind, load] of KINDS) {
    if (Object.keys(system[kind] ?? {}).length > 0) (await load())(site)
  }
  site.finish()
  return stacksOf(site.app)
}
