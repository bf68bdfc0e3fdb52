import { usageError } from '../../../../domain/error.ts'
import { openQueryApi } from '../../query.ts'
import type { JobParts } from '../relay.ts'
import { RunKiller } from '../run-killer.ts'
import { Ec2Machines } from './machines.ts'
import { type MachineJob, type MachineJobs, openMachineJobs, type Stored } from './record.ts'
import { type MachineTarget, machineTarget } from './target.ts'

/** What the parts of this engine work with. */
export interface Ec2Site {
  readonly parts: JobParts
  readonly machines: Ec2Machines
  readonly killer: RunKiller
  records(): Promise<MachineJobs>
  /** @throws SluiceError usage where there is no such job */
  read(id: string): Promise<Stored>
  /** @throws SluiceError usage where the step is not applied any more */
  target(record: MachineJob): Promise<MachineTarget>
}

export function ec2Site(parts: JobParts): Ec2Site {
  const { context, session, objects, targets } = parts
  const records = async (): Promise<MachineJobs> => openMachineJobs(objects, (await targets()).ledger)
  return {
    parts,
    machines: new Ec2Machines(openQueryApi(session, context.runtime), session.account),
    killer: new RunKiller(session),
    records,
    read: async (id) => {
      const stored = await (await records()).read(id)
      if (stored !== undefined) return stored
      throw usageError({ what: `there is no job ${id}`, rule: 'a job is started before it is waited for' })
    },
    target: async ({ key }) => {
      const target = (await targets()).jobs[key]
      if (target !== undefined) return machineTarget(key, target)
      throw usageError({
        what: `step ${key} is not in targets.json any more`,
        remedy: 'run "sluice operate reap" for what still runs of it',
      })
    },
  }
}
