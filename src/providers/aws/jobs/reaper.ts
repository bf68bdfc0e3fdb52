import type { Reaper } from '../../ports/reaper.ts'
import { openEc2Reaper } from './ec2/reaper.ts'
import { openEcsReaper } from './ecs-reaper.ts'
import type { JobParts } from './relay.ts'

/** What runs of this environment's jobs on AWS that nothing ends by itself: machines of EC2, and tasks of ECS. */
export function openAwsReaper(parts: JobParts): Reaper & { close(): void } {
  const machines = openEc2Reaper(parts)
  const tasks = openEcsReaper(parts)
  return {
    look: async () => [...(await machines.look()), ...(await tasks.look())],
    end: (sighting) => (sighting.kind === 'task' ? tasks.end(sighting) : machines.end(sighting)),
    close: () => tasks.close(),
  }
}
