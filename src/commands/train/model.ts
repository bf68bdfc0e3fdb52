import { externalError } from '../../domain/error.ts'
import type { ModelVersion } from '../../domain/models/model.ts'
import type { StepRecord } from '../../domain/pipeline/record.ts'
import type { Model } from '../../domain/system/system.ts'
import { type Artifact, keepArtifact, readArtifact } from './artifact.ts'
import { checkWritten, completeEvaluation, readWritten, saveEvaluation } from './evidence.ts'
import { registerModel } from './register.ts'
import type { Site } from './site.ts'

export interface TrainedModel {
  readonly version: ModelVersion
  /** Path of the completed evaluation.json. */
  readonly evaluation: string
}

/**
 * What the steps left becomes a registered version and a piece of evidence. All of it may be repeated: the copy is made
 * once, a digest is registered once, and evaluation.json comes out the same.
 */
export async function concludeModel(site: Site, model: Model): Promise<TrainedModel> {
  const { runtime, provider, champion, state } = site
  const { objects, models } = provider
  const record = await recordOf(site, model.evaluation.step)
  const folder = outputOf(record, 'evaluation')
  const artifactRecord = await recordOf(site, model.artifact.step)
  const artifact = await readArtifact(objects, outputOf(artifactRecord, model.artifact.output))
  const written = await readWritten(objects, folder)
  checkWritten(written, record.run, artifact.digest, champion?.digest)
  const source = await keepArtifact(objects, bucketOf(artifact.uri), model.name, artifact)
  const version = await registerModel(models, {
    name: model.name,
    digest: artifact.digest,
    source,
    tags: tagsOf(site, artifactRecord, artifact, written),
  })
  const evaluation = completeEvaluation({ written, record, model: version, champion })
  return { version, evaluation: await saveEvaluation(runtime.files, objects, folder, state, evaluation) }
}

function tagsOf(
  { assignment }: Site,
  record: StepRecord,
  artifact: Artifact,
  written: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const dataset = written['dataset'] as { digest?: unknown } | undefined
  const parameters = Object.entries(assignment.parameters)
  return {
    'sluice.pipeline': assignment.pipeline.name,
    'sluice.run': record.run,
    'sluice.seed': String(record.seed),
    'sluice.image': record.image,
    'sluice.size': String(artifact.size),
    ...(record.code === undefined ? {} : { 'sluice.code': record.code }),
    ...(typeof dataset?.digest === 'string' ? { 'sluice.dataset': dataset.digest } : {}),
    ...Object.fromEntries(parameters.map(([name, value]) => [`sluice.parameter.${name}`, value])),
  }
}

async function recordOf({ records }: Site, step: string): Promise<StepRecord> {
  const record = await records.read(step)
  if (record !== undefined) return record
  throw externalError('service', {
    what: `the record of step ${step} has vanished`,
    remedy: 'run train again: the step then runs once more',
  })
}

function outputOf(record: StepRecord, name: string): string {
  const uri = record.outputs[name]?.uri
  if (uri !== undefined) return uri
  throw externalError('user', {
    what: `step ${record.step} has no output ${name}`,
    rule: `it has ${Object.keys(record.outputs).join(', ') || 'none'}`,
    remedy: `declare it in sluice.yml: outputs: { ${name}: bucket/prefix/ }`,
  })
}

/** `s3://models/sensitive/model.json` -> `s3://models`; a file store has no buckets, so it is the folder. */
function bucketOf(uri: string): string {
  const match = /^([a-z0-9]+:\/\/[^/]+)\//.exec(uri)
  return match?.[1] ?? uri.slice(0, uri.lastIndexOf('/'))
}
