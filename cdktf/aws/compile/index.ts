import type { Stack, Synthesis } from '../../../src/domain/synthesizer.ts'
import { literals } from '../../core/literal.ts'
import { stacksOf } from '../../core/stacks-of.ts'
import { data } from './data.ts'
import { edge } from './edge.ts'
import { foundation } from './foundation.ts'
import { apis, functions } from './functions.ts'
import { pipelines } from './pipelines.ts'
import { services } from './services.ts'
import { Site } from './site.ts'
import { workers } from './workers.ts'

/** A system on AWS as stacks. Each kind comes after those that it may refer to. */
export function compileAws({ system, images }: Synthesis): Stack[] {
  const site = new Site({ system: literals(system), images })
  foundation(site)
  data(site)
  apis(site)
  workers(site)
  functions(site)
  services(site)
  pipelines(site)
  edge(site)
  return stacksOf(site.app)
}
