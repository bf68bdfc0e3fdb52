import type { Clock } from '../../../../../src/runtime/runtime.ts'
import { CloudError } from '../../faults.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * CloudWatch Logs: streams are read onwards by tokens; the same token again is the end for now
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html).
 */
export class Logs {
  readonly #clock: Pick<Clock, 'now'>
  readonly #streams = new Map<string, { readonly timestamp: number; readonly message: string }[]>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  write(group: string, stream: string, message: string, at = this.#clock.now()): void {
    const key = `${group}\n${stream}`
    const events = this.#streams.get(key) ?? []
    events.push({ timestamp: at, message })
    this.#streams.set(key, events)
  }

  call(operation: string, input: Json): Json {
    const group = String(input['logGroupName'])
    if (operation === 'DescribeLogStreams') {
      const prefix = String(input['logStreamNamePrefix'] ?? '')
      const names = [...this.#streams.keys()].map((key) => key.split('\n'))
      const own = names.filter(([of, stream = '']) => of === group && stream.startsWith(prefix))
      if (!names.some(([of]) => of === group)) throw absent('group')
      return { logStreams: own.map(([, logStreamName]) => ({ logStreamName })) }
    }
    if (operation !== 'GetLogEvents') throw new CloudError('InvalidParameterException', operation)
    const events = this.#streams.get(`${group}\n${String(input['logStreamName'])}`)
    if (events === undefined) throw absent('stream')
    const from = Number(String(input['nextToken'] ?? 'f/0').slice(2))
    const page = events.slice(from, from + 1000)
    return { events: page, nextForwardToken: `f/${from + page.length}`, nextBackwardToken: `b/${from}` }
  }
}

const absent = (what: string): CloudError =>
  new CloudError('ResourceNotFoundException', `The specified log ${what} does not exist.`)
