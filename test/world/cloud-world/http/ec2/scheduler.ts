import type { Answer } from './door.ts'

export interface Schedule {
  readonly name: string
  readonly target: string
  /** What its target is told. */
  readonly input?: string
  endsAt: number
}

/** A world whose schedules fire once a minute. */
export interface Scheduling {
  readonly clock: { now(): number }
  readonly schedules: Map<string, Schedule>
  schedule(schedule: Schedule): 'made' | 'there'
}

interface Wanted {
  readonly ScheduleExpression?: string
  readonly EndDate?: number
  readonly ActionAfterCompletion?: string
  readonly Target?: { readonly Arn?: string; readonly RoleArn?: string; readonly Input?: string }
}

/**
 * EventBridge Scheduler: `POST /schedules/NAME` makes one, `PUT` changes it, `DELETE` removes it.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
 */
export function schedulerDoor(world: Scheduling, method: string, path: string, body: string): Answer {
  const name = decodeURIComponent(path.split('?')[0]?.split('/').at(-1) ?? '')
  if (!/^[0-9a-zA-Z_.-]{1,64}$/.test(name)) return refused(400, 'ValidationException', `name ${name}`)
  if (method === 'DELETE') {
    if (!world.schedules.delete(name)) return refused(404, 'ResourceNotFoundException', `Schedule ${name}`)
    return { status: 200, body: '{}' }
  }
  const { ScheduleExpression, EndDate, ActionAfterCompletion, Target } = JSON.parse(body) as Wanted
  if (
    ScheduleExpression !== 'rate(1 minute)' ||
    ActionAfterCompletion !== 'DELETE' ||
    Target?.RoleArn === undefined
  ) {
    return refused(
      400,
      'ValidationException',
      'the world fires once a minute, with a role, and removes what is over',
    )
  }
  const endsAt = (EndDate ?? Number.POSITIVE_INFINITY) * 1000
  if (endsAt <= world.clock.now()) {
    return refused(400, 'ValidationException', 'The EndDate you specify must come in the future')
  }
  if (method === 'PUT') {
    const known = world.schedules.get(name)
    if (known === undefined) return refused(404, 'ResourceNotFoundException', `Schedule ${name}`)
    known.endsAt = endsAt
    return {
      status: 200,
      body: JSON.stringify({ ScheduleArn: `arn:aws:scheduler:::schedule/default/${name}` }),
    }
  }
  const input = Target.Input === undefined ? {} : { input: Target.Input }
  const made = world.schedule({ name, target: Target.Arn ?? '', endsAt, ...input })
  if (made === 'there') return refused(409, 'ConflictException', `Schedule ${name} already exists.`)
  return {
    status: 200,
    body: JSON.stringify({ ScheduleArn: `arn:aws:scheduler:::schedule/default/${name}` }),
  }
}

const refused = (status: number, code: string, text: string): Answer => ({
  status,
  body: JSON.stringify({ __type: code, code, Message: text }),
})
