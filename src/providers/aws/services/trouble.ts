import type { Task } from '@aws-sdk/client-ecs'
import type { Sighting } from './reader.ts'

/** What the ended tasks of a revision say, newest first, each reason once: `exited with code 3`. */
export function reasonsOf(tasks: readonly Task[], taskDefinition: string): readonly string[] {
  return [...new Set(failedTasks(tasks, taskDefinition).map(reasonOf))].slice(0, 3)
}

/** Those that failed, newest first. */
export function failedTasks(tasks: readonly Task[], taskDefinition: string): readonly Task[] {
  return (
    tasks
      .filter((task) => task.taskDefinitionArn === taskDefinition)
      // ECS stops tasks itself when it scales in or drains: nothing is wrong with them.
      .filter(({ stopCode }) => stopCode !== 'ServiceSchedulerInitiated' && stopCode !== 'UserInitiated')
      .toSorted((a, b) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0))
  )
}

function reasonOf({ containers = [], stoppedReason }: Task): string {
  const ended = containers.flatMap(({ name, exitCode, reason }) => {
    const code = exitCode === undefined ? [] : [`exited with code ${exitCode}`]
    const why = reason === undefined || reason === '' ? [] : [reason]
    const said = [...code, ...why].join(', ')
    return exitCode === 0 || said === '' ? [] : [containers.length > 1 ? `${name}: ${said}` : said]
  })
  return [...ended, ...(stoppedReason === undefined ? [] : [stoppedReason])].join('; ')
}

/** The service's own words about health checks since its deployment began; the newest alone. */
export function complaintOf({ service, deployment }: Sighting): string | undefined {
  const events = service.events ?? []
  return events.find(
    ({ message = '', createdAt }) =>
      (createdAt?.getTime() ?? 0) >= (deployment?.createdAt ?? 0) &&
      /unhealthy|unable to (?:consistently )?(?:start|place|pull)|failed/i.test(message),
  )?.message
}

/** Has anything of this task definition failed? Only then its ended tasks are worth two requests. */
export function hasFailed({ service, deployment }: Sighting, taskDefinition: string): boolean {
  const failed = (service.deployments ?? []).some(
    (one) => one.taskDefinition === taskDefinition && (one.failedTasks ?? 0) > 0,
  )
  const given =
    deployment?.target.taskDefinition === taskDefinition &&
    !['pending', 'in-progress'].includes(deployment.phase)
  return failed || (given && deployment.phase !== 'successful')
}
