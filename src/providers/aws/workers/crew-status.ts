import { type ImageReference, parseImageReference, shortDigest } from '../../../domain/digest.ts'
import type { MachineStatus } from '../../ports/operations.ts'
import type { Crew, Machine } from './fleet.ts'

/** What a machine has last said of itself by Session Manager's agent. */
export interface Report {
  /** Whether Session Manager reaches it: `aws ssm start-session` opens a shell there. */
  readonly reachable: boolean
  /** The image that it runs, as it was started; empty: nothing. undefined where it has not said. */
  readonly runs: string | undefined
  readonly activity: 'working' | 'idle' | undefined
}

/** What one look finds of a worker. */
export interface CrewSight {
  readonly crew: Crew
  readonly machines: readonly Machine[]
  /** By id of the machine. */
  readonly reports: ReadonlyMap<string, Report>
  /** The image of the last release; undefined before the first one, and for a script. */
  readonly released: ImageReference | undefined
  /** Version of the launch template that new machines have. */
  readonly version: number | null
}

/** One row a machine that is there, or one that says that there is none. */
export function crewStatus({
  crew,
  machines,
  reports,
  released,
  version,
}: CrewSight): readonly MachineStatus[] {
  const { worker, region } = crew
  const there = machines.filter(({ state }) => state !== 'terminated')
  if (there.length === 0) {
    const runs = shownImage(released ?? '') ?? 'nothing'
    return [{ worker, state: 'absent', machine: null, runs, since: null, trouble: null, version }]
  }
  return there.map((machine) => {
    const { id, launchedAt: since } = machine
    const state = STATES[machine.state] ?? 'stopped'
    const report = state === 'running' ? reports.get(id) : undefined
    const runs = report?.runs === undefined ? 'unknown' : (shownImage(report.runs) ?? 'nothing')
    return {
      worker,
      state,
      machine: id,
      runs,
      since,
      trouble: troubleOf(machine, report, released, version),
      version: machine.version,
      ...(report?.activity === undefined ? {} : { activity: report.activity }),
      ...(report?.reachable === true
        ? { shell: `aws ssm start-session --region ${region} --target ${id}` }
        : {}),
    }
  })
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
const STATES: Readonly<Record<string, MachineStatus['state']>> = {
  pending: 'running',
  running: 'running',
  stopping: 'stopped',
  stopped: 'stopped',
  'shutting-down': 'terminated',
  terminated: 'terminated',
}

function troubleOf(
  { state, version }: Machine,
  report: Report | undefined,
  released: ImageReference | undefined,
  newest: number | null,
): string | null {
  const found: string[] = []
  if (STATES[state] === undefined) found.push(`EC2 says ${state}`)
  if (state === 'pending') found.push('it boots')
  if (state === 'running' && report?.reachable !== true) found.push('Session Manager does not reach it')
  const digest = (text: string | undefined) => parseImageReference(text ?? '')?.digest
  if (report?.runs !== undefined && report.runs !== '' && released !== undefined) {
    if (digest(report.runs) !== digest(released)) found.push(`${shownImage(released)} is released`)
  }
  if (version !== null && newest !== null && version < newest) {
    found.push(`of template version ${version}, ${newest} is the newest`)
  }
  return found.length === 0 ? null : found.join('; ')
}

function shownImage(reference: string): string | undefined {
  const digest = parseImageReference(reference)?.digest
  return reference === '' ? undefined : digest === undefined ? reference : shortDigest(digest)
}
