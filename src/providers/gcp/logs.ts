import * as z from 'zod'
import { SluiceError, usageError } from '../../domain/error.ts'
import type { Clock } from '../../runtime/runtime.ts'
import type { LogLine, LogQuery } from '../ports/operations.ts'
import type { GcpClient } from './client.ts'
import { revisionId } from './services/template.ts'

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry */
const entrySchema = z.looseObject({
  insertId: z.string(),
  timestamp: z.string(),
  logName: z.string().default(''),
  resource: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }).default({ labels: {} }),
  textPayload: z.string().optional(),
  jsonPayload: z.record(z.string(), z.unknown()).optional(),
})
type Entry = z.infer<typeof entrySchema>

const pageSchema = z.looseObject({
  entries: z.array(entrySchema).default([]),
  nextPageToken: z.string().optional(),
})

/** What containers write, and what Cloud Run says about them; requests have a log of their own. */
const OUTPUT = ['run.googleapis.com/stdout', 'run.googleapis.com/stderr', 'run.googleapis.com/varlog/system']

const PAGE = 1000
/** Reads of the log are 60 a minute and project: https://cloud.google.com/logging/quotas */
const FOLLOW_EVERY = 4000
/** Entries arrive late and out of order: each look goes back this far, milliseconds. */
const LATE = 30_000

/** A log that cannot be reached is followed on for so long, milliseconds. */
const PATIENCE = 15 * 60_000

/** Where the lines of something are: the project, and a filter of Cloud Logging. */
export interface LogPlace {
  readonly project: string
  readonly filter: string
  /** Names of logs; absent: what containers of Cloud Run write. Empty: all. */
  readonly logs?: readonly string[]
}

/**
 * `logging:<project>:<filter>` of targets.json.
 *
 * @throws SluiceError usage for anything else.
 */
export function logPlace(what: string, locator: string | undefined): LogPlace {
  const [, project, filter] = /^logging:([^:]+):(.*)$/s.exec(locator ?? '') ?? []
  if (project !== undefined && filter !== undefined) return { project, filter }
  throw usageError({
    what: `targets.json does not say where the logs of ${what} are`,
    rule: 'logs on Google Cloud have the form logging:<project>:<filter>',
    remedy: 'run "sluice apply" again',
  })
}

/** Lines of Cloud Logging, oldest first; with `follow`, what comes after them until the signal. */
export async function* readLogs(
  client: GcpClient,
  clock: Clock,
  place: LogPlace,
  query: LogQuery,
): AsyncIterable<LogLine> {
  const wanted = (line: LogLine): boolean => query.filter === undefined || line.text.includes(query.filter)
  /** Entries that were shown, with their time; older ones cannot come again. */
  const seen = new Map<string, number>()
  let newest = query.since ?? clock.now()
  const past: Entry[] = []
  for await (const entry of entriesOf(client, place, query.since, 'timestamp desc')) {
    if (wanted(lineOf(entry))) past.push(entry)
    if (query.since === undefined && past.length >= query.tail) break
  }
  for (const entry of past.toReversed()) {
    seen.set(entry.insertId, Date.parse(entry.timestamp))
    newest = Math.max(newest, Date.parse(entry.timestamp))
    yield lineOf(entry)
  }
  let reached = clock.now()
  const hasLeft = (): boolean => query.signal?.aborted === true
  while (query.follow && !hasLeft()) {
    try {
      for await (const entry of entriesOf(client, place, newest - LATE, 'timestamp asc')) {
        if (seen.has(entry.insertId)) continue
        seen.set(entry.insertId, Date.parse(entry.timestamp))
        newest = Math.max(newest, Date.parse(entry.timestamp))
        if (wanted(lineOf(entry))) yield lineOf(entry)
      }
      reached = clock.now()
    } catch (error) {
      // What is not reached for a while is asked again from where we were: no line is lost.
      const passing =
        error instanceof SluiceError && error.outcome === 'external' && error.whose === 'service'
      if (!passing || hasLeft() || clock.now() - reached > PATIENCE) throw error
    }
    for (const [id, at] of seen) if (at < newest - LATE) seen.delete(id)
    await clock.sleep(FOLLOW_EVERY, query.signal)
  }
}

/** All lines since a time, in order, each with what tells it from others. */
export async function* linesSince(
  client: GcpClient,
  place: LogPlace,
  since: number,
): AsyncIterable<{ readonly key: string; readonly line: LogLine }> {
  for await (const entry of entriesOf(client, place, since, 'timestamp asc')) {
    yield { key: entry.insertId, line: lineOf(entry) }
  }
}

/** The last lines of one revision, oldest first. */
export async function lastLines(
  client: GcpClient,
  { project, filter }: LogPlace,
  revision: string,
  count: number,
): Promise<readonly string[]> {
  const place = { project, filter: `${filter} AND resource.labels.revision_name="${revision}"` }
  const lines: string[] = []
  for await (const entry of entriesOf(client, place, undefined, 'timestamp desc')) {
    lines.unshift(inWords(lineOf(entry).text))
    if (lines.length >= count) break
  }
  return lines
}

/** Cloud Run writes how a container ended as a call of C. */
const inWords = (text: string): string =>
  text.replace(/Container called exit\((\d+)\)\.?/, 'it ended with exit code $1')

async function* entriesOf(
  client: GcpClient,
  { project, filter, logs = OUTPUT }: LogPlace,
  since: number | undefined,
  orderBy: 'timestamp asc' | 'timestamp desc',
): AsyncIterable<Entry> {
  const names = logs.map((log) => `logName="projects/${project}/logs/${encodeURIComponent(log)}"`)
  const only = names.length === 0 ? '' : ` AND (${names.join(' OR ')})`
  const from = since === undefined ? '' : ` AND timestamp>="${new Date(since).toISOString()}"`
  let pageToken: string | undefined
  do {
    const page = await client.json(
      {
        service: 'logging',
        method: 'POST',
        path: '/v2/entries:list',
        body: {
          resourceNames: [`projects/${project}`],
          filter: `${filter}${only}${from}`,
          orderBy,
          pageSize: PAGE,
          ...(pageToken === undefined ? {} : { pageToken }),
        },
        repeatable: true,
      },
      pageSchema,
    )
    yield* page.entries
    pageToken = page.nextPageToken
  } while (pageToken !== undefined && pageToken !== '')
}

/** `node 2` of `workerpool1-1`; empty for the first one. */
function nodeOf(task: string): string {
  const [, pool, index] = /^workerpool(\d+)-(\d+)$/.exec(task) ?? []
  return pool === undefined || pool === '0' ? '' : `node ${Number(index) + 1}`
}

function lineOf({ timestamp, logName, resource, textPayload, jsonPayload }: Entry): LogLine {
  const { message } = jsonPayload ?? {}
  const text = textPayload ?? (typeof message === 'string' ? message : JSON.stringify(jsonPayload ?? {}))
  return {
    at: Date.parse(timestamp),
    // Vertex AI names a log after the machine that wrote it and keeps stderr apart by severity alone.
    stream: /stderr|varlog/.test(logName) ? 'stderr' : 'stdout',
    revision:
      revisionId(resource.labels['revision_name'] ?? '') || nodeOf(resource.labels['task_name'] ?? ''),
    text: text.replace(/\n$/, ''),
  }
}
