import * as z from 'zod'
import { MlflowError, type MlflowRest } from './rest.ts'

/** The tag of a model version that names the run which keeps its files. */
export const RECORD_TAG = 'sluice.record'

const SERVED = 'mlflow-artifacts:'

/** Where runs of records stand in MLflow's own pages. */
const EXPERIMENT = 'sluice'

const experimentSchema = z.looseObject({ experiment: z.looseObject({ experiment_id: z.coerce.string() }) })
const madeSchema = z.looseObject({ experiment_id: z.coerce.string() })
const runSchema = z.looseObject({
  run: z.looseObject({ info: z.looseObject({ run_id: z.string(), artifact_uri: z.string() }) }),
})

interface Run {
  readonly id: string
  /** `mlflow-artifacts:/1/5f0c.../artifacts`, or a store that only clients with its credentials reach. */
  readonly artifacts: string
}

export interface VersionRecord {
  /** The run's name in MLflow's pages. */
  readonly title: string
  /** The run that keeps the files of this version already. */
  readonly known: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Files of a model version. MLflow keeps artifacts with runs, not with versions, so each version gets one run, which its tag
 * names; saying the same twice writes the same file twice.
 *
 * @returns the tags that say where each file lies, and the names of those that the server does not take: it was started
 * with `--no-serve-artifacts`, or its artifacts lie in a store that it does not stand in front of.
 */
export async function keepFiles(
  rest: MlflowRest,
  record: VersionRecord,
  files: Readonly<Record<string, string>>,
): Promise<{ readonly tags: Readonly<Record<string, string>>; readonly left: readonly string[] }> {
  const names = Object.keys(files)
  if (names.length === 0) return { tags: {}, left: [] }
  const run = (await knownRun(rest, record.known)) ?? (await newRun(rest, record))
  const folder = servedFolder(run.artifacts)
  if (folder === undefined) return { tags: { [RECORD_TAG]: run.id }, left: names }
  const tags: Record<string, string> = { [RECORD_TAG]: run.id }
  for (const [name, text] of Object.entries(files)) {
    await rest.upload(`${folder}/${encodeURIComponent(name)}`, text)
    tags[`sluice.file.${name}`] = `runs:/${run.id}/${name}`
  }
  return { tags, left: [] }
}

/** The path in the server's own artifact store. https://mlflow.org/docs/latest/tracking/server.html#tracking-server-artifacts */
function servedFolder(uri: string): string | undefined {
  if (!uri.startsWith(`${SERVED}/`)) return undefined
  const rest = uri.slice(SERVED.length)
  const parts = rest.split('/').slice(rest.startsWith('//') ? 3 : 1)
  const from = parts.findIndex((part) => part !== '')
  const to = parts.findLastIndex((part) => part !== '')
  return from === -1
    ? undefined
    : parts
        .slice(from, to + 1)
        .map(encodeURIComponent)
        .join('/')
}

async function knownRun(rest: MlflowRest, id: string | undefined): Promise<Run | undefined> {
  if (id === undefined) return undefined
  const found = await absentIs(rest.get('runs/get', { run_id: id }, runSchema))
  return found === undefined ? undefined : runOf(found)
}

async function newRun(rest: MlflowRest, { title, now }: VersionRecord): Promise<Run> {
  const experiment_id = await experiment(rest)
  const body = { experiment_id, run_name: title, start_time: now, tags: [] }
  // A lost answer leaves an empty run: harmless, where a repeated call would leave two.
  const run = runOf(await rest.send('POST', 'runs/create', body, runSchema, { repeatable: false }))
  const end = { run_id: run.id, status: 'FINISHED', end_time: now }
  await rest.send('POST', 'runs/update', end, z.unknown())
  return run
}

async function experiment(rest: MlflowRest): Promise<string> {
  const query = { experiment_name: EXPERIMENT }
  const found = await absentIs(rest.get('experiments/get-by-name', query, experimentSchema))
  if (found !== undefined) return found.experiment.experiment_id
  try {
    const made = await rest.send('POST', 'experiments/create', { name: EXPERIMENT }, madeSchema)
    return made.experiment_id
  } catch (error) {
    if (!(error instanceof MlflowError && error.errorCode === 'RESOURCE_ALREADY_EXISTS')) throw error
    return (await rest.get('experiments/get-by-name', query, experimentSchema)).experiment.experiment_id
  }
}

const runOf = ({ run: { info } }: z.infer<typeof runSchema>): Run => ({
  id: info.run_id,
  artifacts: info.artifact_uri,
})

async function absentIs<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof MlflowError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST') return undefined
    throw error
  }
}
