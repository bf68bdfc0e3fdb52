import { join } from 'node:path'
import * as z from 'zod'
import { type Digest, digestOfValue } from '../../../domain/digest.ts'
import { digestSchema } from '../../../domain/system/images.ts'
import type { System } from '../../../domain/system/system.ts'
import type { Files } from '../../../runtime/runtime.ts'
import { wireErrorSchema } from './wire.ts'

export const endpointSchema = z.looseObject({
  url: z.string(),
  resource: z.string().optional(),
})

/** daemon.json, mode 0600: where the supervisor of an environment is and how it is spoken to. No password stands in it. */
export const daemonRecordSchema = z.looseObject({
  schema: z.literal('sluice.daemon/v1'),
  pid: z.int().positive(),
  started: z.string(),
  /** Set by who started it, so that the starter knows its own. */
  phase: z.enum(['starting', 'ready', 'failed']),
  /** Digest of what can only change with a new start. */
  shape: digestSchema,
  control: z.object({ url: z.string(), token: z.string() }).nullable(),
  endpoints: z.array(endpointSchema),
  error: wireErrorSchema.optional(),
})
export type DaemonRecord = z.infer<typeof daemonRecordSchema>

/** system.json: what the supervisor shall run; written by the command that starts it. */
const assignmentSchema = z.object({
  schema: z.literal('sluice.assignment/v1'),
  root: z.string(),
  system: z.custom<System>((value) => typeof value === 'object' && value !== null && 'services' in value),
})
export type Assignment = z.infer<typeof assignmentSchema>

export const cloudFolder = (state: string): string => join(state, 'cloud')
export const recordPath = (folder: string): string => join(folder, 'daemon.json')
export const assignmentPath = (folder: string): string => join(folder, 'system.json')
export const daemonLogPath = (folder: string): string => join(folder, 'logs', 'daemon.log')

/** undefined where there is none, or none that this version understands. */
export async function readRecord(files: Files, folder: string): Promise<DaemonRecord | undefined> {
  return daemonRecordSchema.safeParse(await readJson(files, recordPath(folder))).data
}

export function writeRecord(files: Files, folder: string, record: DaemonRecord): Promise<void> {
  return files.write(recordPath(folder), JSON.stringify(record, null, 1), { mode: 0o600 })
}

export async function readAssignment(files: Files, folder: string): Promise<Assignment | undefined> {
  return assignmentSchema.safeParse(await readJson(files, assignmentPath(folder))).data
}

export function writeAssignment(
  files: Files,
  folder: string,
  assignment: Omit<Assignment, 'schema'>,
): Promise<void> {
  const value: Assignment = { schema: 'sluice.assignment/v1', ...assignment }
  return files.write(assignmentPath(folder), JSON.stringify(value), { mode: 0o600 })
}

/** What a running supervisor cannot change: its engines and the fixed ports. A rollout brings everything else with it. */
export function shapeOf(system: System): Digest {
  const { name, environment, databases, buckets, tables, topics, caches, functions, apis } = system
  const ports = Object.values(system.services).map((service) => [service.name, service.local?.port ?? null])
  const fixed = ports.filter(([, port]) => port !== null)
  const kinds = { databases, buckets, tables, topics, caches, functions, apis }
  return digestOfValue({ name, environment, ...kinds, fixed })
}

async function readJson(files: Files, path: string): Promise<unknown> {
  const bytes = await files.read(path)
  if (bytes === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
