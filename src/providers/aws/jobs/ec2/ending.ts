import { externalError } from '../../../../domain/error.ts'
import { removeCheckpoints } from './checkpoints.ts'
import type { End, Machine } from './judge.ts'
import { checkpointPlace } from './launcher.ts'
import { JOB_TAG } from './machines.ts'
import type { MachineJob, Stored } from './record.ts'
import type { Ec2Site } from './site.ts'

/** Why is written down first; then every machine of the job is ended. Said again at every look until it is so. */
export async function endMachines(
  { parts, machines, records }: Ec2Site,
  stored: Stored,
  ending: NonNullable<MachineJob['ending']>,
): Promise<void> {
  const { record } = stored
  if (record.ending === null) {
    const movedAt = parts.context.runtime.clock.now()
    const noted = await (await records()).write({ ...record, ending, movedAt }, stored.etag)
    if (noted === 'conflict') return
  }
  const what = `ending job ${record.id}`
  const found = await machines.find(record.region, { [JOB_TAG]: record.id }, what)
  const ids = new Set([...(record.machine === null ? [] : [record.machine]), ...found.map(({ id }) => id)])
  for (const id of ids) {
    const state = found.find((machine) => machine.id === id)?.state
    if (state === 'terminated' || state === 'shutting-down') continue
    await machines.terminate(record.region, id, what)
  }
}

/** A machine that is not the job's although it carries its tag: of a start that was overtaken, and killed at that moment. */
export async function endOthers(
  { machines }: Ec2Site,
  record: MachineJob,
  all: readonly Machine[],
): Promise<void> {
  if (record.machine === null) return
  for (const { id, state } of all) {
    if (id === record.machine || (state !== 'pending' && state !== 'running')) continue
    await machines.terminate(record.region, id, `ending a second machine of step ${record.key}`)
  }
}

/** The machine is gone before its end is written down, and its killer goes last. Returns the end as it is recorded. */
export async function conclude(site: Ec2Site, { record, etag }: Stored, end: End): Promise<End> {
  if (record.end !== undefined) return record.end
  const { parts, machines, killer, records } = site
  const { region, id } = record
  if (record.machine !== null) {
    await machines.terminate(region, record.machine, `ending the machine of step ${record.key}`)
  }
  if ((await (await records()).write({ ...record, end }, etag)) === 'conflict') {
    const other = await site.read(id)
    if (other.record.end !== undefined) return other.record.end
    throw externalError('service', { what: `job ${id} was changed at its end`, remedy: 'run train again' })
  }
  const target = await site.target(record)
  await killer.disarm(id, { region, parts: target.killer })
  const place = checkpointPlace(target, id)
  if (place !== undefined && end.state === 'succeeded') await removeCheckpoints(parts.objects, place)
  return end
}
