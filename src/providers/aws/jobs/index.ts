import { externalError, usageError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/targets.ts'
import type { JobEngine, ProviderContext } from '../../provider.ts'
import type { AwsSession } from '../session.ts'

/** Jobs on AWS, by what targets.json says of each step. */
export function openAwsJobs(
  { system }: ProviderContext,
  _session: AwsSession,
  targets: () => Promise<Targets>,
): JobEngine {
  const refuse = async (what: string): Promise<never> => {
    await targets()
    throw usageError({
      what: `${what}: this version runs no steps on AWS`,
      rule: `environment ${system.environment.name} is on cloud aws`,
      remedy: 'train in an environment with "cloud: local"',
    })
  }
  return {
    start: ({ step }) => refuse(`step ${step.name}`),
    wait: (id) => refuse(`job ${id}`),
    status: (id) => refuse(`job ${id}`),
    stop: (id) => refuse(`job ${id}`),
    // biome-ignore lint/correctness/useYield: it refuses before the first line
    async *logs(id) {
      throw externalError('user', { what: `there is no job ${id}` })
    },
  }
}
