import * as z from 'zod'
import { digestOfValue, type ImageReference, imageReference } from '../../domain/digest.ts'
import { bug, SluiceError } from '../../domain/error.ts'
import type { Target, Targets } from '../../domain/stacks/targets.ts'
import { databaseNamesKey } from '../../domain/system/database-names.ts'
import type { Step } from '../../domain/system/step.ts'
import type { JobStatus } from '../../providers/ports/jobs.ts'
import type { Provider } from '../../providers/provider.ts'
import { readStored, writeStored } from '../../release/stored.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { jobId, runJob } from '../train/job.ts'

/** Milliseconds. Databases are made in seconds; a server that was just made may let nobody in at first. */
const TIMEOUT = 15 * 60_000

/** The databases that were to be made in a server, beside the ledger: written before the task is started, and when it has ended well. */
const recordSchema = z.object({
  schema: z.literal('sluice.databases/v1'),
  name: z.string(),
  /** Address of the server: another server begins anew. */
  host: z.string(),
  names: z.array(z.string()),
  image: z.string(),
  /** Which task for these: one after each that failed. */
  attempt: z.number().int(),
  made: z.boolean(),
})
type DatabasesRecord = z.infer<typeof recordSchema>

type Task = Extract<Target, { kind: 'ecs-task' }>
type Cloud = Pick<Provider, 'images' | 'jobs' | 'objects'>
type Machine = Pick<Runtime, 'clock' | 'log' | 'signals'>

/**
 * Makes the databases that the cloud does not make with their server, each time that a server or one of its names is new. The
 * same task is found again by whoever comes after a kill; one that failed is followed by another.
 *
 * @throws SluiceError with the last lines of the task; cancelled, after the task was stopped
 */
export async function makeDatabases(
  runtime: Machine,
  { jobs, databases, ledger }: Targets,
  cloud: () => Promise<Cloud>,
): Promise<void> {
  for (const [name, { host }] of Object.entries(databases)) {
    const task = jobs[databaseNamesKey(name)]
    if (task?.kind !== 'ecs-task' || task.names === undefined) continue
    const server = { name, host, names: task.names }
    await makeIn(runtime, server, task, `${ledger}/databases/${name}.json`, await cloud())
  }
}

async function makeIn(
  runtime: Machine,
  server: Wanted,
  task: Task,
  uri: string,
  { images, jobs, objects }: Cloud,
): Promise<void> {
  const stored = await readStored(objects, uri, recordSchema)
  const before = stored?.value
  const last = before?.made === false ? await jobs.status(jobOf(before).id) : undefined
  const next = nextTask(server, before, last)
  if (next.kind === 'made') return
  const record = next.kind === 'same' ? next.record : { ...next.record, image: await pinned(images, task) }
  const etag = next.kind === 'same' ? stored?.etag : await write(objects, uri, record, stored?.etag)
  const { names } = record
  const say = (state: 'running' | 'done'): void =>
    runtime.log.emit({ kind: 'progress', task: `databases of ${server.name}`, state, text: names.join(', ') })
  say('running')
  const { step, fingerprint, run } = jobOf(record)
  try {
    const image = record.image as ImageReference
    await runJob(runtime, jobs, { id: run, note: async () => {} }, { step, image, env: {}, fingerprint })
  } catch (error) {
    throw unmade(server, error)
  }
  await write(objects, uri, { ...record, made: true }, etag)
  say('done')
}

/** A server of sluice.yml, and the databases that must be in it. */
export interface Wanted {
  readonly name: string
  readonly host: string
  readonly names: readonly string[]
}

type Next =
  | { readonly kind: 'made' }
  /** The task that was begun is followed to its end. */
  | { readonly kind: 'same'; readonly record: DatabasesRecord }
  | { readonly kind: 'new'; readonly record: Omit<DatabasesRecord, 'image'> }

/**
 * Which task makes the databases of a server.
 *
 * @param last how the task of `before` stands, where that was not known to have ended well
 */
export function nextTask(
  { name, host, names }: Wanted,
  before: DatabasesRecord | undefined,
  last: Pick<JobStatus, 'state'> | undefined,
): Next {
  const isHere = before?.host === host && names.every((one) => before.names.includes(one))
  if (isHere && before.made) return { kind: 'made' }
  const isOver = last !== undefined && !['pending', 'running', 'succeeded'].includes(last.state)
  if (isHere && !isOver) return { kind: 'same', record: before }
  const attempt = (before?.attempt ?? 0) + 1
  return {
    kind: 'new',
    record: { schema: 'sluice.databases/v1', name, host, names: [...names], attempt, made: false },
  }
}

function jobOf({ name, host, names, attempt }: Omit<DatabasesRecord, 'image'>) {
  const key = databaseNamesKey(name)
  const run = `${key} ${attempt}`
  const fingerprint = digestOfValue({ host, names })
  const step: Step = {
    name: key,
    image: 'psql',
    needs: [],
    inputs: {},
    outputs: {},
    env: {},
    secrets: {},
    connects: [name],
    engine: 'ecs',
    size: { cpu: 0.25, memory: 512 * 2 ** 20 },
    gpu: 0,
    nodes: 1,
    spot: false,
    timeout: TIMEOUT,
    retries: 0,
  }
  return { run, step, fingerprint, id: jobId(run, key, fingerprint, 1) }
}

async function pinned(images: Cloud['images'], { image = '' }: Task): Promise<ImageReference> {
  if (images.resolve === undefined) throw bug('a cloud with databases to make knows no upstream images')
  return imageReference(image.replace(/:[^:/]*$/, ''), await images.resolve(image))
}

/** Another apply must not have written in between. */
async function write(
  objects: Cloud['objects'],
  uri: string,
  record: DatabasesRecord,
  etag: string | undefined,
): Promise<string> {
  const only = etag === undefined ? ({ absent: true } as const) : { etag }
  const written = await writeStored(objects, uri, record, only)
  if (written !== 'conflict') return written
  throw new SluiceError('locked', 'user', {
    what: `another apply makes the databases of ${record.name}`,
    rule: `${uri} has one writer`,
    remedy: 'wait for it, then run plan and apply again',
  })
}

function unmade({ name, names }: Wanted, error: unknown): unknown {
  if (!(error instanceof SluiceError) || error.outcome === 'cancelled') return error
  return new SluiceError(
    error.outcome === 'done' ? 'external' : error.outcome,
    error.whose,
    {
      what: `databases ${names.join(', ')} of ${name} are not made: ${error.message}`,
      remedy: 'run plan and apply again: what is applied stays, and databases that are there are left alone',
    },
    { cause: error },
  )
}
