import type { JobStatus } from '../../../ports/jobs.ts'
import type { Life } from './life.ts'
import type { MachineJob } from './record.ts'

/** A machine as EC2 tells it. */
export interface Machine {
  readonly id: string
  readonly state: 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped'
  /** Milliseconds since the epoch, by EC2's clock. */
  readonly launchedAt: number
  readonly spot: boolean
  /** `Server.SpotInstanceTermination: ...`; empty while it runs. */
  readonly reason: string
  readonly tags: Readonly<Record<string, string>>
}

export interface Sight {
  readonly record: MachineJob
  /** The machine of the record; undefined where EC2 does not know it: not yet, or no more. */
  readonly machine: Machine | undefined
  readonly life: Life
  /** By the cloud's clock. */
  readonly now: number
  /** Since when the machine has been seen to be gone. */
  readonly goneSince: number | null
}

export type End = JobStatus & { readonly state: 'succeeded' | 'failed' | 'timed-out' | 'stopped' }

export type Judgement =
  | { readonly kind: 'wait'; readonly state: 'pending' | 'running'; readonly startedAt: number | null }
  /** Its time is over. */
  | { readonly kind: 'late' }
  /** Taken away by EC2: another machine goes on, if there is time and trust left. */
  | { readonly kind: 'interrupted'; readonly spent: number }
  | { readonly kind: 'ended'; readonly status: End }
  /** EC2 knows it no more, and nobody has seen its end. */
  | { readonly kind: 'lost' }

/** EC2 may not show a new machine for a minute. https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html */
const UNKNOWN = 120_000
/** What a machine said last is in its log so long after its end. */
const LAST_WORDS = 20_000

/** What is to be done about a job, from one look at its machine. */
export function judge({ record, machine, life, now, goneSince }: Sight): Judgement {
  const startedAt = life.startedAt ?? machine?.launchedAt ?? null
  const ended = (
    state: End['state'],
    exitCode: number | null,
    reason: string | null,
    at = now,
  ): Judgement => ({
    kind: 'ended',
    status: { state, exitCode, reason, startedAt, endedAt: Math.max(at, startedAt ?? at) },
  })
  const left = record.lifetime - record.spent
  const overtime = `not done within ${record.lifetime} ms`
  const gone = machine !== undefined && machine.state !== 'pending' && machine.state !== 'running'
  if (life.end?.kind === 'exit') {
    const { code, at } = life.end
    return code === 0 ? ended('succeeded', 0, null, at) : ended('failed', code, `exit code ${code}`, at)
  }
  if (life.end?.kind === 'broken') {
    return ended('failed', null, `the container did not start: ${life.end.reason}`, life.end.at)
  }
  if (record.ending !== null && (gone || (machine === undefined && now - record.movedAt > UNKNOWN))) {
    return ended(record.ending, null, record.ending === 'stopped' ? 'stopped' : overtime)
  }
  if (machine === undefined) {
    if (now - record.movedAt < UNKNOWN) return { kind: 'wait', state: 'pending', startedAt: null }
    return life.interrupted ? { kind: 'interrupted', spent: UNKNOWN } : { kind: 'lost' }
  }
  const age = now - machine.launchedAt
  if (!gone) {
    if (age > left) return { kind: 'late' }
    return { kind: 'wait', state: life.startedAt === null ? 'pending' : 'running', startedAt }
  }
  if (goneSince === null || now - goneSince < LAST_WORDS) return { kind: 'wait', state: 'running', startedAt }
  if (isInterruption(machine) || life.interrupted) {
    if (machine.state !== 'terminated') return { kind: 'wait', state: 'running', startedAt }
    // Nobody may have looked for hours: the machine's last sign says how long it was.
    const last = Math.min(now, (life.seenAt ?? now) + UNKNOWN)
    return { kind: 'interrupted', spent: Math.max(0, last - machine.launchedAt) }
  }
  if (goneSince - machine.launchedAt >= left) return ended('timed-out', null, overtime)
  const why = machine.reason === '' ? 'it gave no reason' : machine.reason
  return ended('failed', null, `machine ${machine.id} ended without a result: ${why}`)
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
function isInterruption({ reason }: Machine): boolean {
  return (
    /^Server\.(SpotInstance|InternalError|ScheduledStop)/.test(reason) ||
    reason.startsWith('Server.InsufficientInstanceCapacity')
  )
}
