import * as z from 'zod'
import { usageError } from '../../domain/error.ts'
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

/** Where the lines of something are: the project, and a filter of Cloud Logging. */
export interface LogPlace {
  readonly project: string
  readonly filter: string
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
  const seen = new Set<string>()
  let newest = query.since ?? clock.now()
  const past: Entry[] = []
  for await (const entry of entriesOf(client, place, query.since, 'timestamp desc')) {
    if (wanted(lineOf(entry))) past.push(entry)
    if (query.since === undefined && past.length >= query.tail) break
  }
  for (const entry of past.toReversed()) {
    seen.add(entry.insertId)
    newest = Math.max(newest, Date.parse(entry.timestamp))
    yield lineOf(entry)
  }
  while (query.follow && query.signal?.aborted !== true) {
    for await (const entry of entriesOf(client, place, newest - LATE, 'timestamp asc')) {
      if (seen.has(entry.insertId)) continue
      seen.add(entry.insertId)
      newest = Math.max(newest, Date.parse(entry.timestamp))
      if (wanted(lineOf(entry))) yield lineOf(entry)
    }
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
  { project, filter }: LogPlace,
  since: number | undefined,
  orderBy: 'timestamp asc' | 'timestamp desc',
): AsyncIterable<Entry> {
  const names = OUTPUT.map((log) => `logName="projects/${project}/logs/${encodeURIComponent(log)}"`)
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
          filter: `${filter} AND (${names.join(' OR ')})${from}`,
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

function lineOf({ timestamp, logName, resource, textPayload, jsonPayload }: Entry): LogLine {
  const { message } = jsonPayload ?? {}
  const text = textPayload ?? (typeof message === 'string' ? message : JSON.stringify(jsonPayload ?? {}))
  return {
    at: Date.parse(timestamp),
    stream: logName.endsWith('stdout') ? 'stdout' : 'stderr',
    revision: revisionId(resource.labels['revision_name'] ?? ''),
    text: text.replace(/\n$/, ''),
  }
}
