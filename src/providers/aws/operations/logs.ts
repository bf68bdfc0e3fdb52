import type { CloudWatchLogsClient, FilteredLogEvent } from '@aws-sdk/client-cloudwatch-logs'
import { externalError, usageError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'
import { message } from '../../../runtime/events.ts'
import { jittered } from '../../../runtime/poll.ts'
import type { LogLine, LogQuery } from '../../ports/operations.ts'
import type { ProviderContext } from '../../provider.ts'
import { patience } from '../patience.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { callTrouble, codeOf } from '../trouble.ts'
import { type LogGroup, logGroupOf, taskOfStream } from './log-group.ts'
import { type Window, windowsBack } from './log-windows.ts'

/** Milliseconds between two looks while following; FilterLogEvents may be called five times a second in an account. */
const EVERY = 2_500
const SLOWEST = 30_000
/** CloudWatch may take a line so much later than it was written; it is shown once all the same. */
const LATE = 60_000

export interface Logs {
  of(name: string, query: LogQuery): AsyncIterable<LogLine>
  close(): void
}

/** One call of `logs`. */
interface Reading {
  readonly query: LogQuery
  readonly signal: AbortSignal
  /** Event id -> its time, of what was read: shown once, or left out once. */
  readonly seen: Map<string, number>
}

interface Parts {
  readonly context: Pick<ProviderContext, 'runtime'>
  readonly session: AwsSession
  readonly targets: () => Promise<Targets>
}

/**
 * Lines of CloudWatch Logs by FilterLogEvents; following is looking again. A filter is a text that a line has, as on every
 * cloud, and not a pattern of CloudWatch. Fargate's log driver does not tell stderr from stdout.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export function openLogs({ context: { runtime }, session, targets }: Parts): Logs {
  const { clock, random } = runtime
  const clients = new Map<string, Promise<CloudWatchLogsClient>>()
  const clientOf = (region: string): Promise<CloudWatchLogsClient> => {
    const known = clients.get(region)
    if (known !== undefined) return known
    const client = openClient(session, region)
    clients.set(region, client)
    return client
  }

  /** All events of a window, page by page. */
  async function* eventsIn(
    group: LogGroup,
    { from, to }: { readonly from: number; readonly to?: number },
    signal: AbortSignal,
  ): AsyncGenerator<FilteredLogEvent> {
    const { FilterLogEventsCommand } = await import('../sdk/logs.ts')
    const client = await clientOf(group.region)
    let nextToken: string | undefined
    do {
      const asked = nextToken
      // The end is meant to be outside, and is inside for CloudWatch.
      const until = to === undefined ? {} : { endTime: to - 1 }
      const query = {
        logGroupName: group.name,
        startTime: Math.max(0, from),
        ...until,
        ...(asked === undefined ? {} : { nextToken: asked }),
      }
      const page = await client.send(new FilterLogEventsCommand(query), { abortSignal: signal })
      yield* page.events ?? []
      nextToken = page.nextToken
      if (nextToken !== undefined && nextToken === asked) {
        throw externalError('service', {
          what: `logs of ${group.name}: the same page was answered twice`,
          remedy: 'run it again',
        })
      }
    } while (nextToken !== undefined)
  }

  const linesIn = async (
    group: LogGroup,
    window: Window,
    { query, signal, seen }: Reading,
  ): Promise<readonly FilteredLogEvent[]> => {
    const found: FilteredLogEvent[] = []
    for await (const event of eventsIn(group, window, signal)) {
      if (query.follow) seen.set(event.eventId ?? '', event.timestamp ?? 0)
      if (matches(event, query)) found.push(event)
    }
    return inOrder(found)
  }

  /** The last lines before `now`, oldest first. */
  const lastLines = async (
    group: LogGroup,
    now: number,
    reading: Reading,
  ): Promise<readonly FilteredLogEvent[]> => {
    const { tail } = reading.query
    let found: readonly FilteredLogEvent[] = []
    for (const window of windowsBack(now)) {
      const all = [...(await linesIn(group, window, reading)), ...found]
      found = all.slice(Math.max(0, all.length - tail))
      if (found.length >= tail) break
    }
    return found
  }

  async function* follow(
    group: LogGroup,
    start: number,
    { query, signal, seen }: Reading,
  ): AsyncGenerator<LogLine> {
    let newest = start
    const { bear, relieved } = patience(clock)
    let pause = EVERY
    for (;;) {
      try {
        for await (const event of eventsIn(group, { from: newest - LATE }, signal)) {
          const { eventId = '', timestamp = 0 } = event
          if (seen.has(eventId)) continue
          seen.set(eventId, timestamp)
          // A clock that is ahead must not make us blind for the others.
          newest = Math.min(Math.max(newest, timestamp), clock.now())
          if (matches(event, query)) yield lineOf(event)
        }
        relieved()
        pause = EVERY
      } catch (error) {
        signal.throwIfAborted()
        bear(error)
        runtime.log.emit(message('debug', `logs of ${group.name}: ${codeOf(error)}; asked again`))
        pause = Math.min(pause * 2, SLOWEST)
      }
      for (const [id, at] of seen) if (at < newest - LATE) seen.delete(id)
      await clock.sleep(jittered(pause, random), signal)
    }
  }

  async function* of(name: string, query: LogQuery): AsyncGenerator<LogLine> {
    const group = logGroupOf(await targets(), name)
    const signal = query.signal ?? session.call.abortSignal
    const now = clock.now()
    const reading = { query, signal, seen: new Map<string, number>() }
    try {
      const before =
        query.since === undefined
          ? await lastLines(group, now, reading)
          : await linesIn(group, { from: query.since, to: now }, reading)
      yield* before.map(lineOf)
      if (query.follow) yield* follow(group, now, reading)
    } catch (error) {
      signal.throwIfAborted()
      throw trouble(session, name, group, error)
    }
  }

  return {
    of,
    close: () => {
      for (const client of clients.values()) void client.then((one) => one.destroy()).catch(() => {})
    },
  }
}

async function openClient(session: AwsSession, region: string): Promise<CloudWatchLogsClient> {
  const { CloudWatchLogsClient } = await import('../sdk/logs.ts')
  return new CloudWatchLogsClient({ ...settingsFor(session, 'CLOUDWATCH_LOGS'), region })
}

const matches = ({ message: text = '' }: FilteredLogEvent, { filter }: LogQuery): boolean =>
  filter === undefined || text.includes(filter)

/** Streams are merged by time; lines of one millisecond stay as they came. */
const inOrder = (events: readonly FilteredLogEvent[]): readonly FilteredLogEvent[] =>
  events.toSorted((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0))

function lineOf({ timestamp = 0, logStreamName = '', message: text = '' }: FilteredLogEvent): LogLine {
  return {
    at: timestamp,
    stream: 'stdout',
    revision: taskOfStream(logStreamName),
    text: text.replace(/\r?\n$/, ''),
  }
}

function trouble(session: AwsSession, name: string, group: LogGroup, error: unknown): Error {
  const what = `reading the logs of ${name}`
  if (codeOf(error) === 'ResourceNotFoundException') {
    return usageError(
      {
        what: `${what}: there is no log group ${group.name} in ${group.region}`,
        rule: 'the stacks of an environment make the log group of each service',
        remedy: 'run "sluice plan" and "sluice apply" of this environment',
      },
      error,
    )
  }
  const resource = `arn:aws:logs:${group.region}:${session.account}:log-group:${group.name}:*`
  return callTrouble(what, { action: 'logs:FilterLogEvents', resource }, error)
}
