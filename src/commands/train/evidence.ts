import { isAbsolute, join, posix } from 'node:path'
import { buffer } from 'node:stream/consumers'
import * as z from 'zod'
import type { Digest } from '../../domain/digest.ts'
import { externalError } from '../../domain/error.ts'
import { type Evaluation, evaluationSchema } from '../../domain/models/evaluation.ts'
import type { ModelVersion } from '../../domain/models/model.ts'
import type { StepRecord } from '../../domain/pipeline/record.ts'
import type { ObjectStore } from '../../providers/ports/objects.ts'
import type { Files } from '../../runtime/runtime.ts'

/** What the evaluation step wrote: it knows its scores and rows; the rest is completed by `train`. */
const writtenSchema = z.looseObject({
  run: z.string().optional(),
  model: z.looseObject({ digest: z.string().optional() }).optional(),
  champion: z.looseObject({ digest: z.string().optional() }).nullish(),
  rows: z.looseObject({ path: z.string() }).optional(),
})
export type WrittenEvaluation = z.infer<typeof writtenSchema>

export interface EvaluationFacts {
  readonly written: WrittenEvaluation
  /** Of the evaluation step. */
  readonly record: StepRecord
  readonly model: Pick<ModelVersion, 'name' | 'version' | 'digest'>
  readonly champion: Pick<ModelVersion, 'name' | 'version' | 'digest'> | undefined
}

/**
 * The evidence with what makes it one piece: run, seed, code, image and both models by digest (promise R42).
 *
 * @throws SluiceError external, where the step judged something else than what is there.
 */
export function completeEvaluation({ written, record, model, champion }: EvaluationFacts): Evaluation {
  checkWritten(written, record.run, model.digest, champion?.digest)
  const completed = {
    ...written,
    run: record.run,
    seed: record.seed,
    ...(record.code === undefined ? {} : { code: record.code }),
    image: record.image,
    model: { ...written.model, name: model.name, version: model.version, digest: model.digest },
    champion:
      champion === undefined
        ? null
        : { ...written.champion, name: champion.name, version: champion.version, digest: champion.digest },
  }
  const parsed = evaluationSchema.safeParse(completed)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw wrong(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'has another form'}`)
}

/** Before anything is registered: a step that judged another model, champion or run has judged nothing. */
export function checkWritten(
  written: WrittenEvaluation,
  run: string,
  model: Digest,
  champion: Digest | undefined,
): void {
  if (written.run !== undefined && written.run !== run) {
    throw wrong(`it is of run ${written.run}, but the step ran in ${run}: it was not written again`)
  }
  const judged = written.model?.digest
  if (judged !== undefined && judged !== model) {
    throw wrong(`it judges model ${judged}, but the model that was trained has ${model}`)
  }
  const compared = written.champion?.digest
  if (compared !== undefined && compared !== champion) {
    throw wrong(`it compares with champion ${compared}, but the champion is ${champion ?? 'nobody'}`)
  }
}

/** @param folder the output `evaluation` of the step, with a trailing `/`. */
export async function readWritten(objects: ObjectStore, folder: string): Promise<WrittenEvaluation> {
  const text = (await readObject(objects, `${folder}evaluation.json`)).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw wrong(`it is not JSON (${(cause as Error).message})`, cause)
  }
  const parsed = writtenSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw wrong(`${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'has another form'}`)
}

/** Puts evaluation.json and the files that it names into the working folder; returns the path of evaluation.json. */
export async function saveEvaluation(
  files: Files,
  objects: ObjectStore,
  folder: string,
  state: string,
  evaluation: Evaluation,
): Promise<string> {
  for (const [key, name] of [
    ['rows.path', evaluation.rows?.path],
    ['trainRowHashes', evaluation.trainRowHashes],
  ] as const) {
    if (name === undefined) continue
    const path = posix.normalize(name)
    if (isAbsolute(path) || path.startsWith('..') || path.includes('\\') || path === 'evaluation.json') {
      throw wrong(`${key} is ${JSON.stringify(name)}; it is the name of a file beside evaluation.json`)
    }
    await files.write(join(state, path), await readObject(objects, `${folder}${path}`))
  }
  const file = join(state, 'evaluation.json')
  await files.write(file, `${JSON.stringify(evaluation, null, 2)}\n`)
  return file
}

async function readObject(objects: ObjectStore, uri: string): Promise<Buffer> {
  const object = await objects.read(uri)
  if (object !== undefined) return buffer(object.body)
  throw externalError('user', {
    what: `${uri} was not written`,
    rule: 'the evaluation step writes evaluation.json, and the rows that it names, under its output "evaluation"',
  })
}

function wrong(what: string, cause?: unknown): Error {
  return externalError(
    'user',
    { what: `evaluation.json: ${what}`, remedy: 'correct the evaluation step; docs/train.md shows the file' },
    cause,
  )
}
