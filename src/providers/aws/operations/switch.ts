import { SluiceError } from '../../../domain/error.ts'
import type { EcsService } from './ecs-service.ts'
import type { Paused } from './paused.ts'

/** What ECS says of a service, as far as a switch goes by it. */
export interface Seen {
  readonly desired: number
  /** ARN, or family and revision. */
  readonly taskDefinition: string
}

/** What pausing does to a service. */
export interface PausePlan {
  /** To remember; null: what was remembered before holds, or there is nothing. */
  readonly remember: number | null
  readonly stop: boolean
}

/** A service that is at 0 already keeps what is remembered of it, so that pausing twice forgets nothing. */
export function planPause({ desired }: Seen): PausePlan {
  return desired === 0 ? { remember: null, stop: false } : { remember: desired, stop: true }
}

/**
 * How many copies a service gets back; null: it runs.
 *
 * @throws SluiceError refused where no release was ever put there: its template names an image that does not exist
 */
export function copiesToResume(
  service: EcsService,
  seen: Seen,
  remembered: Paused | undefined,
): number | null {
  if (seen.desired > 0) return null
  if (service.template !== undefined && familyOf(seen.taskDefinition) === service.template) {
    throw new SluiceError('refused', 'user', {
      what: `service ${service.name} has no release yet`,
      rule: 'what resumes is what was paused',
      remedy: 'run "sluice rollout" first',
    })
  }
  return remembered?.desired ?? Math.max(1, service.copies)
}

/** @throws SluiceError refused: new processes of none are none. */
export function requireRunning({ name }: EcsService, { desired }: Seen): void {
  if (desired > 0) return
  throw new SluiceError('refused', 'user', {
    what: `service ${name} is paused, or has no release yet`,
    rule: 'only what runs can be restarted',
    remedy: `run "sluice operate resume --service ${name}", or "sluice rollout" first`,
  })
}

/** `films-api` of `arn:aws:ecs:eu-west-1:1:task-definition/films-api:7`. */
function familyOf(taskDefinition: string): string {
  return taskDefinition.slice(taskDefinition.lastIndexOf('/') + 1).replace(/:\d+$/, '')
}
