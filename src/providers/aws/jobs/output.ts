import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { LogLine } from '../../ports/operations.ts'
import type { LogGroup } from '../operations/log-group.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf, isPassing } from '../trouble.ts'

/** One stream of CloudWatch Logs, read onwards from where the last look ended. */
export interface Output {
  /** What has come since; empty where the task has written nothing yet. */
  more(): Promise<readonly LogLine[]>
  close(): void
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html */
export function openOutput(session: AwsSession, { region, name }: LogGroup, stream: string): Output {
  let opened: CloudWatchLogsClient | undefined
  let token: string | undefined
  return {
    more: async () => {
      const api = await import('../sdk/logs.ts')
      opened ??= new api.CloudWatchLogsClient({ ...settingsFor(session, 'CLOUDWATCH_LOGS'), region })
      const lines: LogLine[] = []
      for (;;) {
        const where = { logGroupName: name, logStreamName: stream, startFromHead: true }
        const query = { ...where, ...(token === undefined ? {} : { nextToken: token }) }
        try {
          const page = await opened.send(new api.GetLogEventsCommand(query), session.call)
          for (const { timestamp = 0, message = '' } of page.events ?? []) {
            const text = message.replace(/\r?\n$/, '')
            lines.push({ at: timestamp, stream: 'stdout', revision: '', text })
          }
          const next = page.nextForwardToken
          // The same token again: this is the end for now.
          if (next === undefined || next === token) return lines
          token = next
        } catch (error) {
          session.call.abortSignal.throwIfAborted()
          if (codeOf(error) === 'ResourceNotFoundException') return lines
          // What was read is not read again; whoever asks next meets the error, if it is still there.
          if (lines.length > 0 && isPassing(error)) return lines
          const resource = `arn:aws:logs:${region}:${session.account}:log-group:${name}:log-stream:${stream}`
          throw callTrouble(`reading the log ${stream}`, { action: 'logs:GetLogEvents', resource }, error)
        }
      }
    },
    close: () => opened?.destroy(),
  }
}
