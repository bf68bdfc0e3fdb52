import { canonicalJson } from '../../../domain/canonical.ts'
import { usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { Pipeline } from '../../../domain/system/step.ts'
import type { JobSpec } from '../../ports/jobs.ts'
import type { JobTarget } from './platform.ts'

/**
 * The target of a step. A step's name may stand in several pipelines; then it is the one whose definition is the same.
 *
 * @throws SluiceError usage where there is none, or where it runs on no engine of Google Cloud.
 */
export function jobTarget(
  { jobs }: Pick<Targets, 'jobs'>,
  pipelines: Named<Pipeline>,
  { step }: JobSpec,
): JobTarget {
  const named = Object.keys(jobs).filter((key) => key.endsWith(`.${step.name}`))
  const same = named.filter((key) => {
    const own = pipelines[key.slice(0, -step.name.length - 1)]?.steps[step.name]
    return own !== undefined && canonicalJson(own) === canonicalJson(step)
  })
  const [key] = same.length > 0 ? same : named
  const target = key === undefined ? undefined : jobs[key]
  if (target?.kind === 'cloud-run-job' || target?.kind === 'vertex-job') return target
  throw usageError({
    what:
      target === undefined
        ? `step ${step.name} has no job on Google Cloud`
        : `step ${step.name} runs on engine ${target.kind}`,
    rule: 'steps on Google Cloud are of engine cloud-run or vertex',
    remedy:
      target === undefined
        ? 'run "sluice plan", then "sluice apply"'
        : `set the engine of step ${step.name} to cloud-run or vertex, then apply`,
  })
}
