import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import type { AwsCalls } from './calls.ts'

const LINES = 5

/** The last lines that the container of a task wrote; none where its output goes elsewhere or cannot be read. */
export type LastLines = (container: ContainerDefinition, task: string) => Promise<readonly string[]>

/**
 * From CloudWatch Logs. The stream of a task is `prefix/container/task id`.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
 */
export function cloudWatchLines(client: CloudWatchLogsClient, calls: AwsCalls): LastLines {
  return async ({ name = '', logConfiguration }, task) => {
    const { logDriver, options = {} } = logConfiguration ?? {}
    const group = options['awslogs-group']
    const prefix = options['awslogs-stream-prefix']
    if (logDriver !== 'awslogs' || group === undefined || prefix === undefined) return []
    const { GetLogEventsCommand } = await import('../sdk/logs.ts')
    const request = new GetLogEventsCommand({
      logGroupName: group,
      logStreamName: `${prefix}/${name}/${task.slice(task.lastIndexOf('/') + 1)}`,
      limit: LINES,
      startFromHead: false,
    })
    try {
      const { events = [] } = await calls.ask('reading the last output', 'always', (options) =>
        client.send(request, options),
      )
      return events.flatMap(({ message }) => (message === undefined ? [] : [message.trimEnd()]))
    } catch {
      // The output only explains; without it the exit code still stands.
      return []
    }
  }
}
