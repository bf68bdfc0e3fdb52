import { join, resolve } from 'node:path'
import { canonicalJson } from '../domain/canonical.ts'
import { type Digest, digestOf } from '../domain/digest.ts'
import { usageError } from '../domain/error.ts'
import type { Evaluation } from '../domain/models/evaluation.ts'
import type { GatePolicy } from '../domain/models/policy.ts'
import type { Verdict } from '../domain/models/verdict.ts'
import { nearestName } from '../domain/nearest.ts'
import type { System } from '../domain/system/system.ts'
import type { GateContext } from '../gate/context.ts'
import { decide } from '../gate/decide.ts'
import type { Provider } from '../providers/provider.ts'
import { openLooks } from '../release/looks.ts'
import { explainVerdict } from '../report/gate/explain.ts'
import { markdownReport } from '../report/gate/markdown.ts'
import { message } from '../runtime/events.ts'
import type { Command, Report, World } from './command.ts'
import { type OpenEnvironment, openEnvironment } from './environment.ts'
import { readPolicy, refuseNonsense } from './evidence/policy.ts'
import { type Evidence, type EvidenceFile, readEvidence, readEvidenceFile } from './evidence/read.ts'
import { recordVerdict } from './evidence/record.ts'
import { type RegistryFacts, registryFacts } from './evidence/registry.ts'
import { readImages } from './rollout/wanted.ts'

export interface EvaluateOptions {
  /** Path of evaluation.json; default: the one that train left in `.sluice/<env>`. */
  readonly evidence?: string
  /** Path of a policy, or `sluice.yml#models.NAME`; default: the gate of the model in sluice.yml. */
  readonly policy?: string
  /** The model that is judged, where the evidence must be of this one. */
  readonly model?: string
  /** Emits every step of the decision with its numbers. */
  readonly explain: boolean
  /** Where to write the report as a page; without it none is written. */
  readonly html?: string
  /** Number of this look, where no ledger counts them. */
  readonly look?: number
}

/** The parts of the question, gathered: everything that `decide` needs. */
interface Question {
  readonly file: EvidenceFile
  readonly evidence: Evidence
  readonly policy: GatePolicy
  readonly look: number
  readonly registry: RegistryFacts | undefined
}

interface Judged {
  readonly report: Report
  readonly verdict: Verdict
  /** verdict.json, to the byte. */
  readonly bytes: string
}

/**
 * Judges a trained model by its evidence and writes verdict.json and the report. It records tags on the model version and
 * moves no alias: `champion` moves when a release with the model is live.
 */
export const evaluate: Command<EvaluateOptions> = async (world, options) => {
  if (options.evidence !== undefined && options.policy !== undefined) return evaluateFiles(world, options)
  const environment = await openEnvironment(world)
  try {
    return await evaluateEnvironment(world, options, environment)
  } finally {
    await environment.close()
  }
}

/** Two files are enough: no sluice.yml, no environment, nothing recorded but the verdict. */
async function evaluateFiles(world: World, options: EvaluateOptions): Promise<Report> {
  const { runtime, request } = world
  const path = resolve(runtime.cwd, options.evidence ?? '')
  const policy = await readPolicy(runtime.files, options.policy ?? '', request.environment, runtime.cwd)
  const file = await readEvidenceFile(runtime.files, path)
  refuseOtherModel(file.evaluation, options.model)
  const evidence = await readEvidence(runtime.files, file, policy)
  const question = { file, evidence, policy, look: options.look ?? 1, registry: undefined }
  const base = request.state ?? '.sluice'
  const folder = resolve(runtime.cwd, base, request.environment)
  return (await finish(world, options, question, folder)).report
}

async function evaluateEnvironment(
  world: World,
  options: EvaluateOptions,
  environment: OpenEnvironment,
): Promise<Report> {
  const { runtime, request } = world
  const { system, state } = environment
  const path =
    options.evidence === undefined ? join(state, 'evaluation.json') : resolve(runtime.cwd, options.evidence)
  const file = await readEvidenceFile(runtime.files, path)
  refuseOtherModel(file.evaluation, options.model)
  const policy =
    options.policy === undefined
      ? policyOf(system, file.evaluation.model.name)
      : await readPolicy(runtime.files, options.policy, request.environment, runtime.cwd)
  const evidence = await readEvidence(runtime.files, file, policy)
  const provider = await environment.provider()
  const registry = await registryFacts(
    provider.models,
    file.evaluation,
    await readImages(runtime.files, state),
  )
  const look = options.look ?? (await lookOf(provider, file.evaluation, evidence, request.dryRun))
  const judged = await finish(world, options, { file, evidence, policy, look, registry }, state)
  if (!request.dryRun) await recordVerdict(runtime, provider, registry.judged, judged)
  return judged.report
}

function policyOf(system: System, model: string): GatePolicy {
  const policy = system.models[model]?.gate
  if (policy === undefined) {
    const known = Object.keys(system.models)
    const near = nearestName(model, known)
    throw usageError({
      what: `the evidence judges model ${model}, which sluice.yml does not have`,
      rule: `models: ${known.join(', ')}`,
      remedy: near === undefined ? 'name its policy with --policy' : `did you mean ${near}?`,
    })
  }
  refuseNonsense(policy, `models.${model}.gate`)
  return policy
}

function refuseOtherModel({ model }: Evaluation, asked: string | undefined): void {
  if (asked === undefined || asked === model.name) return
  throw usageError({
    what: `the evidence judges model ${model.name}, not ${asked}`,
    rule: '--model names the model of the evidence',
  })
}

/** Only a comparison is a look: a first model, stored scores and the champion itself ask nothing of the data set. */
async function lookOf(
  provider: Provider,
  { model, champion, dataset }: Evaluation,
  { rows, digest }: Evidence,
  dryRun: boolean,
): Promise<number> {
  if (champion === null || rows === null || rows.count === 0 || champion.digest === model.digest) return 1
  const looks = openLooks(provider.objects, (await provider.targets()).ledger)
  return dryRun
    ? looks.peek(model.name, dataset.digest, digest)
    : looks.look(model.name, dataset.digest, digest)
}

async function finish(
  world: World,
  options: EvaluateOptions,
  question: Question,
  folder: string,
): Promise<Judged> {
  const { files, log, cwd } = world.runtime
  const verdict = decide(
    question.file.evaluation,
    question.evidence.rows,
    question.policy,
    contextOf(question),
  )
  if (options.explain) for (const line of explainVerdict(verdict)) log.emit(message('info', line))
  const bytes = canonicalJson(verdict)
  const summary = markdownReport(verdict)
  const page = options.html === undefined ? undefined : resolve(cwd, options.html)
  const readable = page ?? join(folder, 'report.md')
  if (!world.request.dryRun) {
    await files.write(join(folder, 'verdict.json'), bytes)
    await files.write(join(folder, 'report.md'), summary)
    if (page !== undefined) await files.write(page, await pageOf(verdict, question))
  }
  const report: Report = {
    command: 'evaluate',
    outcome: verdict.verdict === 'promote' ? 'done' : 'refused',
    message: `${verdict.verdict}: model ${verdict.model.name}; ${headline(verdict)}`,
    ...(verdict.verdict === 'promote' ? {} : { remedy: remedyOf(verdict) }),
    outputs: { verdict: verdict.verdict, report: readable },
    data: dataOf(verdict, digestOf(bytes)),
    summary,
  }
  return { report, verdict, bytes }
}

function contextOf({ file, evidence, look, registry }: Question): GateContext {
  const size = Number(registry?.judged?.tags['sluice.size'])
  return {
    evidence: evidence.digest,
    rows: evidence.rowsDigest,
    look,
    duplicateKeys: file.duplicateKeys,
    ...(evidence.trained === undefined ? {} : { trained: evidence.trained }),
    ...(Number.isFinite(size) ? { size } : {}),
    ...(registry === undefined ? {} : { facts: registry.facts }),
  }
}

/** The verdict's own fields of `--json`; result.json has a `schema` and a `code` of its own. */
function dataOf({ schema: _, code: __, ...verdict }: Verdict, digest: Digest): Report['data'] {
  return { ...verdict, digest }
}

/** The plotting library is loaded only where a page is asked for. */
async function pageOf(verdict: Verdict, { file, evidence }: Question): Promise<string> {
  const { htmlReport } = await import('../report/gate/page.ts')
  const { curvesOf } = await import('../gate/curves.ts')
  return htmlReport(verdict, evidence.rows === null ? undefined : curvesOf(file.evaluation, evidence.rows))
}

/** The reason that decides, in one sentence. */
function headline({ verdict, reasons }: Verdict): string {
  return reasons.find(({ says }) => says === verdict)?.text ?? 'no rule was evaluated'
}

function remedyOf({ verdict }: Verdict): string {
  return verdict === 'reject'
    ? 'keep the champion; mend what the report names, train and evaluate again'
    : 'evaluate on more rows, or let a person approve the release'
}
