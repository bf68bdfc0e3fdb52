import { formatDuration } from '../../../../domain/quantity.ts'
import { message } from '../../../../runtime/events.ts'
import { findCheckpoints } from './checkpoints.ts'
import { conclude } from './ending.ts'
import type { End } from './judge.ts'
import { checkpointPlace, launch } from './launcher.ts'
import { firstOnDemand } from './placement.ts'
import type { MachineJob, Stored } from './record.ts'
import type { Ec2Site } from './site.ts'

/** So many times a machine on spot capacity may be taken away; the next one is on demand. */
const INTERRUPTIONS = 3
/** No job has more machines than this, whatever happens to them. */
const MACHINES = 6
/** Milliseconds; less is not worth another machine. */
const SHORTEST = 60_000

export type Replacement =
  | { readonly kind: 'another'; readonly market: 'any' | 'on-demand'; readonly spent: number }
  | { readonly kind: 'give-up'; readonly state: 'timed-out' | 'failed'; readonly reason: string }

/** What follows a machine that EC2 took away after so many milliseconds (promise R35): all machines share the job's time. */
export function replacementOf(
  { lifetime, spent: before, launch: number }: Pick<MachineJob, 'lifetime' | 'spent' | 'launch'>,
  took: number,
): Replacement {
  const spent = Math.min(lifetime, before + took)
  if (lifetime - spent < Math.min(SHORTEST, lifetime / 2)) {
    const reason = `not done within ${lifetime} ms, over ${number} machines that EC2 took away`
    return { kind: 'give-up', state: 'timed-out', reason }
  }
  if (number >= MACHINES) {
    return { kind: 'give-up', state: 'failed', reason: `EC2 took away ${number} machines` }
  }
  return { kind: 'another', market: number >= INTERRUPTIONS ? 'on-demand' : 'any', spent }
}

/** Another machine goes on from the last complete checkpoint, or the job ends, which is returned. */
export async function replace(site: Ec2Site, stored: Stored, took: number): Promise<End | undefined> {
  const { runtime } = site.parts.context
  const { record } = stored
  const decided = replacementOf(record, took)
  if (decided.kind === 'give-up') {
    const { state, reason } = decided
    const endedAt = Math.max(runtime.clock.now(), record.claimedAt)
    return conclude(site, stored, { state, reason, exitCode: null, startedAt: record.claimedAt, endedAt })
  }
  const { market, spent } = decided
  const target = await site.target(record)
  const place = checkpointPlace(target, record.id)
  const { resume, next } =
    place === undefined ? { resume: [], next: 1 } : await findCheckpoints(site.parts.objects, place)
  const records = await site.records()
  const another: MachineJob = {
    ...record,
    resume: [...resume],
    next,
    launch: record.launch + 1,
    placement: market === 'on-demand' ? Math.max(0, firstOnDemand(record.placements)) : 0,
    machine: null,
    spent,
    movedAt: runtime.clock.now(),
  }
  const kept = await records.write(another, stored.etag)
  // Somebody else has seen it too, and goes on.
  if (kept === 'conflict') return undefined
  const from = resume.length === 0 ? 'from its beginning' : 'from its last complete checkpoint'
  const left = formatDuration(record.lifetime - spent)
  const where = market === 'on-demand' ? ', on demand' : ''
  const text = `step ${record.step}: EC2 took its machine away; another goes on ${from}${where} (${left} left)`
  runtime.log.emit(message('warning', text))
  await launch(site, records, target, kept)
  return undefined
}
