import type { Sighting } from '../../../domain/jobs/reaping.ts'
import type { Reaper } from '../../ports/reaper.ts'
import { openCapacityReaper } from './capacity-reaper.ts'
import { openEc2Reaper } from './ec2/reaper.ts'
import { openEcsReaper } from './ecs-reaper.ts'
import type { JobParts } from './relay.ts'

/** What runs for this environment's jobs on AWS: machines of EC2, tasks of ECS, and machines that are kept for them. */
export function openAwsReaper(parts: JobParts): Reaper & { close(): void } {
  const machines = openEc2Reaper(parts)
  const tasks = openEcsReaper(parts)
  const capacity = openCapacityReaper(parts)
  const of = (kind: Sighting['kind']): Reaper =>
    kind === 'task' ? tasks : kind === 'capacity' ? capacity : machines
  return {
    look: async () => [...(await machines.look()), ...(await tasks.look()), ...(await capacity.look())],
    end: (sighting) => of(sighting.kind).end(sighting),
    close: () => {
      tasks.close()
      capacity.close()
    },
  }
}
