import { digestOfValue, hexOf, type ImageReference } from '../../../../domain/digest.ts'
import { externalError } from '../../../../domain/error.ts'
import { bootOfRun, LIFETIME_TAG } from '../../../../domain/jobs/boot.ts'
import { message } from '../../../../runtime/events.ts'
import { isPassing } from '../../trouble.ts'
import type { JobParts } from '../relay.ts'
import { type Ec2Machines, JOB_TAG, type Launched } from './machines.ts'
import { nextPlacement, type Placement, type Refusal } from './placement.ts'
import type { MachineJob, MachineJobs, Stored } from './record.ts'
import type { Ec2Site } from './site.ts'
import type { MachineTarget } from './target.ts'

/** How the machine of this launch is called in its log streams and in SLUICE_MACHINE. */
export const machineName = ({ id, launch }: Pick<MachineJob, 'id' | 'launch'>): string => `${id}.${launch}`

/** Where the checkpoints of one job lie. */
export const checkpointPlace = ({ checkpoints }: MachineTarget, id: string): string | undefined =>
  checkpoints === undefined ? undefined : `${checkpoints}${id}/`

/**
 * Starts the machine that a record asks for: the killer first (promise R32), then place after place until EC2 has one. Every place is
 * written down before it is asked for, so whoever is killed anywhere is followed by the same requests with the same tokens (R33).
 */
export async function launch(
  { parts, machines, killer }: Ec2Site,
  records: MachineJobs,
  target: MachineTarget,
  begin: Stored,
): Promise<Stored> {
  const { runtime } = parts.context
  const { region, id, key } = begin.record
  const what = `starting a machine for step ${key}`
  const until = runtime.clock.now() + begin.record.lifetime
  await killer.arm(id, { region, until, parts: target.killer, what: 'machines' })
  const script = await machines.bootScript(region, target.launchTemplate, what)
  let stored = begin
  for (;;) {
    const { record } = stored
    if (record.machine !== null || record.ending !== null || record.end !== undefined) return stored
    const place = record.placements[record.placement]
    if (place === undefined) throw noPlace(record, [])
    const launched = await machines.launch({ ...orderOf(record, target, place, script), what })
    const now = runtime.clock.now()
    const change = await changeAfter(launched, record, () => ownMachine(machines, record, what))
    const kept = await records.write({ ...record, ...change, movedAt: now }, stored.etag)
    if (kept !== 'conflict') {
      tell(parts, record, place, launched)
      stored = kept
      continue
    }
    const other = await records.read(id)
    // Somebody has gone on from here meanwhile: what they have is the job's, and this machine is nobody's.
    if (launched.kind === 'launched' && other?.record.machine !== launched.id) {
      await machines.terminate(region, launched.id, `ending a second machine of step ${key}`)
    }
    if (other === undefined) throw externalError('service', { what: `the record of job ${id} was removed` })
    stored = other
  }
}

async function changeAfter(
  launched: Launched,
  record: MachineJob,
  own: () => Promise<string>,
): Promise<Partial<MachineJob>> {
  switch (launched.kind) {
    case 'launched':
      return { machine: launched.id }
    case 'started-otherwise':
      return { machine: await own() }
    case 'refused': {
      const next = nextPlacement(record.placements, record.placement, launched.refusal)
      if (next === undefined) throw noPlace(record, [launched])
      return { placement: next }
    }
    default:
      return launched satisfies never
  }
}

/** The machine that an earlier request with this token has started. */
async function ownMachine(machines: Ec2Machines, record: MachineJob, what: string): Promise<string> {
  const tags = { [JOB_TAG]: record.id, 'sluice:launch': String(record.launch) }
  const [found] = await machines.find(record.region, tags, what)
  if (found !== undefined) return found.id
  throw externalError('service', {
    what: `${what}: it was started before, and EC2 does not show it yet`,
    remedy: 'run train again in a minute',
  })
}

function orderOf(record: MachineJob, target: MachineTarget, place: Placement, script: string) {
  const { id, launch: number, placement, region } = record
  const lifetime = record.lifetime - record.spent
  const kept = checkpointPlace(target, id)
  const resumption =
    kept === undefined
      ? {}
      : {
          SLUICE_CHECKPOINTS: kept,
          SLUICE_RESUME: record.resume.join(' '),
          SLUICE_NEXT: String(record.next),
        }
  return {
    region,
    launchTemplate: target.launchTemplate,
    token: hexOf(digestOfValue({ instances: target.instances, id, launch: number, placement })),
    userData: bootOfRun(script, {
      template: target.template,
      image: record.image as ImageReference,
      variables: { ...record.env, ...resumption, SLUICE_MACHINE: machineName(record) },
      lifetime,
    }),
    place,
    securityGroups: target.securityGroups,
    publicAddress: target.publicAddress,
    tags: {
      ...target.instances,
      Name: machineName(record),
      [JOB_TAG]: id,
      'sluice:launch': String(number),
      [LIFETIME_TAG]: String(lifetime),
    },
  }
}

function tell(
  { context }: JobParts,
  { step }: MachineJob,
  { market, machine, subnet }: Placement,
  launched: Launched,
): void {
  const where = `${machine} ${market === 'spot' ? 'on spot' : 'on demand'} in ${subnet}`
  const text =
    launched.kind === 'refused'
      ? `step ${step}: no ${where}: ${launched.said}`
      : `step ${step} gets a ${where}${launched.kind === 'launched' ? `: ${launched.id}` : ''}`
  context.runtime.log.emit(message(launched.kind === 'refused' ? 'notice' : 'info', text))
}

const REMEDY: Readonly<Record<Refusal, string>> = {
  capacity: 'run train again later, or give the step another "machine"',
  quota: 'ask AWS for a higher quota of vCPUs of this family (Service Quotas, EC2), then run train again',
  unsupported: 'give the step a "machine" that the zones of this region have',
}

function noPlace({ key, placements }: MachineJob, last: readonly Extract<Launched, { kind: 'refused' }>[]) {
  const [refused] = last
  return externalError('service', {
    what: `EC2 has no machine for step ${key} in any of ${placements.length} places${refused === undefined ? '' : `: ${refused.said}`}`,
    rule: 'spot capacity is asked for first, then machines on demand, in every zone',
    remedy: REMEDY[refused?.refusal ?? 'capacity'],
  })
}

/** Has a start that failed so begun nothing? Where the answer was lost it may have. */
export const begunNothing = (error: unknown): boolean => !isPassing(error)
