/**
 * One deployment of an ECS service, as far as it decides something.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ServiceDeployment.html
 */
export interface Deployment {
  /** ARN of the service deployment, or ECS's id of it; empty while only the service tells of it. */
  readonly id: string
  /** The same of the one that was there when this one began, where the id is empty. */
  readonly before?: string
  readonly phase: Phase
  /** ECS's own words for the status. */
  readonly reason: string | null
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly target: Share
  /** What it takes over from; empty where nothing ran before. */
  readonly sources: readonly Share[]
  /** Id of the pause that waits for an answer. */
  readonly pause: string | null
  /** Percent that the next shift would bring the target to. */
  readonly next: number
  /** Copies of the target that ECS's circuit breaker has counted as failed. */
  readonly failures?: number
}

/** One service revision within a deployment. */
export interface Share {
  /** ARN of the service revision; empty where ECS tells none. */
  readonly arn: string
  /** ARN of its task definition. */
  readonly taskDefinition: string
  readonly requested: number
  readonly running: number
  /** Percent of the traffic; null where ECS does not shift it. */
  readonly weight: number | null
}

export type Phase =
  | 'pending'
  | 'in-progress'
  | 'successful'
  | 'stopping'
  | 'stopped'
  | 'rolling-back'
  | 'rolled-back'
  | 'rollback-failed'

const PHASES: Readonly<Record<string, Phase>> = {
  PENDING: 'pending',
  IN_PROGRESS: 'in-progress',
  SUCCESSFUL: 'successful',
  STOP_REQUESTED: 'stopping',
  STOPPED: 'stopped',
  ROLLBACK_REQUESTED: 'rolling-back',
  ROLLBACK_IN_PROGRESS: 'rolling-back',
  ROLLBACK_SUCCESSFUL: 'rolled-back',
  ROLLBACK_FAILED: 'rollback-failed',
}

/** undefined for a status that this version does not know: it is never taken for success (promise R23). */
export function phaseOf(status: string | undefined): Phase | undefined {
  return status !== undefined && Object.hasOwn(PHASES, status) ? PHASES[status] : undefined
}

export function isUnderWay(phase: Phase): boolean {
  return phase === 'pending' || phase === 'in-progress' || phase === 'stopping' || phase === 'rolling-back'
}

/** Where the next shift of a strategy leads, in percent. */
export function nextWeight(
  strategy: string | undefined,
  weight: number,
  canary: number | undefined,
  step: number | undefined,
): number {
  // The defaults are ECS's own.
  if (strategy === 'CANARY') return weight === 0 ? (canary ?? 5) : 100
  if (strategy === 'LINEAR') return Math.min(100, weight + (step ?? 10))
  return 100
}

/** What is to be done next to bring a revision to a share of the traffic. */
export type ShiftMove =
  | { readonly kind: 'there' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'continue'; readonly pause: string }
  | { readonly kind: 'ended'; readonly phase: Phase; readonly reason: string | null }
  /** Another revision rolls out. */
  | { readonly kind: 'superseded'; readonly by: string }

/** Decides over one look. `percent` that lies between two steps of ECS stays at the lower one. */
export function shiftMove(deployment: Deployment | null, revision: string, percent: number): ShiftMove {
  if (deployment === null) return { kind: 'superseded', by: 'nothing' }
  const { phase, target, pause, next, reason } = deployment
  if (target.taskDefinition !== revision) return { kind: 'superseded', by: target.taskDefinition }
  switch (phase) {
    case 'successful':
      return { kind: 'there' }
    case 'stopped':
    case 'stopping':
    case 'rolling-back':
    case 'rolled-back':
    case 'rollback-failed':
      return { kind: 'ended', phase, reason }
    case 'pending':
      return { kind: 'wait' }
    case 'in-progress': {
      // Without weights ECS replaces copies: all of the traffic has moved when it is done.
      if (target.weight === null) return { kind: 'wait' }
      // A pause tells that the shift before it is over; at 100 % it is the one after the last.
      if (pause === null) return { kind: 'wait' }
      if (target.weight >= percent || next > percent) return { kind: 'there' }
      return { kind: 'continue', pause }
    }
    default:
      return phase satisfies never
  }
}

export type SettleMove = ShiftMove | { readonly kind: 'too-early'; readonly weight: number }

/** Ends a deployment that stands at 100 %. */
export function settleMove(deployment: Deployment | null, revision: string): SettleMove {
  if (deployment === null) return { kind: 'superseded', by: 'nothing' }
  const move = shiftMove(deployment, revision, 100)
  if (move.kind === 'continue') return { kind: 'too-early', weight: deployment.target.weight ?? 0 }
  if (move.kind !== 'there' || deployment.phase === 'successful') return move
  return deployment.pause === null ? { kind: 'wait' } : { kind: 'continue', pause: deployment.pause }
}

export type RevertMove =
  /** ECS has gone back, or never went anywhere. */
  | { readonly kind: 'back' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'roll-back'; readonly pause: string }
  | { readonly kind: 'stop' }
  /** The deployment is over and left the revision in place: a new one leads back. */
  | { readonly kind: 'replace'; readonly by: Share | undefined }
  | { readonly kind: 'failed'; readonly reason: string | null }

export function revertMove(deployment: Deployment | null, revision: string): RevertMove {
  if (deployment === null || deployment.target.taskDefinition !== revision) return { kind: 'back' }
  const { id, phase, pause, reason, sources } = deployment
  switch (phase) {
    case 'pending':
    case 'in-progress':
      if (pause !== null) return { kind: 'roll-back', pause }
      // It has begun, and ECS does not tell of it yet.
      if (id === '') return { kind: 'wait' }
      // Only a service deployment can be stopped; an older kind is replaced.
      return id.startsWith('arn:') ? { kind: 'stop' } : { kind: 'replace', by: sources[0] }
    case 'stopping':
    case 'rolling-back':
      return { kind: 'wait' }
    case 'rolled-back':
      return { kind: 'back' }
    case 'rollback-failed':
      return { kind: 'failed', reason }
    case 'stopped':
    case 'successful':
      return { kind: 'replace', by: sources[0] }
    default:
      return phase satisfies never
  }
}
