import { LIFETIME_TAG } from '../../../../domain/jobs/boot.ts'
import type { Sighting } from '../../../../domain/jobs/reaping.ts'
import type { Reaper } from '../../../ports/reaper.ts'
import { logGroupOf } from '../../operations/log-group.ts'
import { openQueryApi } from '../../query.ts'
import { openOutput } from '../output.ts'
import type { JobParts } from '../relay.ts'
import type { Machine } from './judge.ts'
import { type Life, lifeAfter, NO_LIFE } from './life.ts'
import { Ec2Machines, JOB_TAG } from './machines.ts'
import { type MachineJob, openMachineJobs } from './record.ts'

/** The machines of this environment's steps; those of workers have killers of their own and no jobs. */
export function openEc2Reaper({ context, session, targets, objects }: JobParts): Reaper {
  const { runtime, system } = context
  const machines = new Ec2Machines(openQueryApi(session, runtime), session.account)
  const { region } = session
  const own = { 'sluice:system': system.name, 'sluice:environment': system.environment.name }

  const lifeOf = async (step: string, name: string): Promise<Life> => {
    const output = openOutput(session, logGroupOf(await targets(), step), `life/${name}`)
    try {
      return lifeAfter(NO_LIFE, await output.more())
    } finally {
      output.close()
    }
  }

  const sighting = async (machine: Machine, job: string): Promise<Sighting> => {
    const records = openMachineJobs(objects, (await targets()).ledger)
    const record = (await records.read(job))?.record
    const lifetime = Number(machine.tags[LIFETIME_TAG])
    const { seenAt, end } = await lifeOf(machine.tags['sluice:step'] ?? '', machine.tags['Name'] ?? '')
    return {
      kind: 'machine',
      name: machine.id,
      job,
      startedAt: machine.launchedAt,
      lifetime: Number.isFinite(lifetime) ? lifetime : null,
      now: machines.now(),
      claim: claimOf(record, machine, runtime.clock.now()),
      life: { seenAt, ended: end !== null },
      ...(record?.run === undefined ? {} : { run: record.run }),
    }
  }

  return {
    look: async () => {
      const found = await machines.find(region, own, 'looking for machines of steps')
      const alive = found.filter(({ state }) => state !== 'terminated' && state !== 'shutting-down')
      const sightings: Sighting[] = []
      for (const machine of alive) {
        const job = machine.tags[JOB_TAG]
        if (job !== undefined) sightings.push(await sighting(machine, job))
      }
      return sightings
    },
    end: ({ name, job }) => machines.terminate(region, name, `ending machine ${name} of job ${job}`),
  }
}

/** A record that names another machine has no use for this one. */
function claimOf(record: MachineJob | undefined, { id }: Machine, now: number): Sighting['claim'] {
  if (record === undefined) return 'none'
  const { end, ending, machine, movedAt, lifetime, spent } = record
  if (end !== undefined || ending !== null || (machine !== null && machine !== id)) return 'ended'
  return { until: movedAt + lifetime - spent, now }
}
