import type { Answer } from './door.ts'
import type { Ec2World } from './world.ts'

interface Wanted {
  readonly ScheduleExpression?: string
  readonly EndDate?: number
  readonly ActionAfterCompletion?: string
  readonly Target?: { readonly Arn?: string; readonly RoleArn?: string }
}

/**
 * EventBridge Scheduler: `POST /schedules/NAME` makes one, `DELETE` removes it.
 * https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
 */
export function schedulerDoor(world: Ec2World, method: string, path: string, body: string): Answer {
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
  const made = world.schedule({ name, target: Target.Arn ?? '', endsAt })
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
