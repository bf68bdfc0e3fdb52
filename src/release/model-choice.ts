import { canonicalJson } from '../domain/canonical.ts'
import { type Digest, parseImageReference, shortDigest } from '../domain/digest.ts'
import type { Problem } from '../domain/error.ts'
import type { ModelVersion, ServedModel } from '../domain/models/model.ts'
import type { GatePolicy } from '../domain/models/policy.ts'
import type { Verdict } from '../domain/models/verdict.ts'

/** Everything that decides which version of one model a release serves. */
export interface ModelQuestion {
  readonly name: string
  readonly policy: GatePolicy
  /** The gate's answer and the digest of its file. */
  readonly judged: { readonly verdict: Verdict; readonly digest: Digest } | undefined
  /** What the live release serves, and the verdict it stands on. */
  readonly live:
    | {
        readonly model: ServedModel
        readonly verdict: Digest | undefined
        /**
         * Set where the release went live but was killed before it moved the aliases: digest of the model that was
         * served before, null where there was none.
         */
        readonly unfinishedFrom?: Digest | null
      }
    | undefined
  /** From the registry, now. */
  readonly champion: ModelVersion | undefined
  readonly challenger: ModelVersion | undefined
  /** The version that the verdict speaks of, as the registry has it. */
  readonly candidate: ModelVersion | undefined
  /** Digests of the images of this release by repository. */
  readonly images: Readonly<Record<string, Digest>>
  /** Leave the served model as it is, whatever a verdict says. */
  readonly keep: boolean
  readonly forced: boolean
}

export type ModelChoice =
  | {
      readonly kind: 'serve'
      readonly model: ServedModel
      readonly verdict: Digest | undefined
      /** Where the champion alias goes once the release is live: compare-and-swap from what the gate saw. */
      readonly champion: { readonly from: string | null; readonly to: string } | undefined
    }
  /** Nothing serves it and no verdict speaks of it: its services wait where its registry has to start first. */
  | { readonly kind: 'unjudged'; readonly problem: Problem }
  | { readonly kind: 'no'; readonly outcome: 'refused' | 'stale'; readonly problem: Problem }

/** What is deployed is what was judged (promises R42, R43). */
export function chooseModel(question: ModelQuestion): ModelChoice {
  const { name, judged, live, champion, challenger, keep, forced } = question
  if (
    live !== undefined &&
    (keep || judged === undefined || judged.verdict.model.digest === live.model.digest)
  ) {
    const unfinished = live.unfinishedFrom !== undefined && live.unfinishedFrom === (champion?.digest ?? null)
    return serve(live.model, live.verdict, unfinished ? move(champion, live.model) : undefined)
  }
  if (judged === undefined) {
    const only = forced ? (challenger ?? champion) : undefined
    if (only !== undefined) return serve(only, undefined, move(champion, only))
    return unjudged(name)
  }
  const { verdict } = judged
  const version = question.candidate ?? (forced ? challenger : undefined)
  if (forced && version !== undefined) return serve(version, judged.digest, move(champion, version))
  return objection(question, verdict) ?? judgedModel(question, verdict, judged.digest)
}

function judgedModel(
  { name, champion, candidate }: ModelQuestion,
  verdict: Verdict,
  digest: Digest,
): ModelChoice {
  if (candidate === undefined) {
    return refused(
      `the registry has no version of model ${name} with the judged digest ${verdict.model.digest}`,
      'train again, so that the version is registered, then evaluate it',
    )
  }
  return serve(candidate, digest, move(champion, candidate))
}

function objection(question: ModelQuestion, verdict: Verdict): ModelChoice | undefined {
  const { name, policy, champion, candidate, images } = question
  const again = `run evaluate again for model ${name}`
  if (verdict.verdict !== 'promote') {
    const why = verdict.reasons.filter((reason) => reason.says !== 'promote').map((reason) => reason.text)
    return refused(
      `the gate says ${verdict.verdict} for model ${name} ${shortDigest(verdict.model.digest)}${why.length > 0 ? `: ${why.join('; ')}` : ''}`,
      'train a better model; to roll out images with the models that are served now, add --keep-models',
    )
  }
  if (candidate !== undefined && candidate.digest !== verdict.model.digest) {
    return refused(
      `model ${name} version ${candidate.version} has digest ${candidate.digest}, the gate judged ${verdict.model.digest}`,
      again,
    )
  }
  if (canonicalJson(verdict.policy) !== canonicalJson(policy)) {
    return refused(`model ${name} was judged by another policy than models.${name}.gate of sluice.yml`, again)
  }
  const image = verdict.image === null ? undefined : parseImageReference(verdict.image)
  if (verdict.image !== null && image === undefined) {
    return refused(`the verdict on model ${name} names no image by digest, but "${verdict.image}"`, again)
  }
  const now = image === undefined ? undefined : images[image.repository]
  if (image !== undefined && now !== image.digest) {
    return refused(
      `model ${name} was judged with image ${image.repository}@${image.digest}, this release has ${now ?? 'no image of that repository'}`,
      again,
    )
  }
  if (!sameChampion(verdict, champion)) {
    const saw = verdict.champion === null ? 'no champion' : described(verdict.champion)
    return {
      kind: 'no',
      outcome: 'stale',
      problem: {
        what: `the champion of model ${name} is ${champion === undefined ? 'nobody' : described(champion)}, the gate compared with ${saw}`,
        rule: 'a moved champion voids the verdict',
        remedy: again,
      },
    }
  }
  return undefined
}

const described = (model: { version: string | null; digest: Digest }): string =>
  `version ${model.version ?? '?'} (${shortDigest(model.digest)})`

function sameChampion({ champion: saw }: Verdict, now: ModelVersion | undefined): boolean {
  if (saw === null || now === undefined) return saw === null && now === undefined
  return saw.digest === now.digest && (saw.version === null || saw.version === now.version)
}

function move(
  champion: ModelVersion | undefined,
  to: { readonly version: string },
): { from: string | null; to: string } | undefined {
  return champion?.version === to.version ? undefined : { from: champion?.version ?? null, to: to.version }
}

function serve(
  { name, version, digest }: ServedModel,
  verdict: Digest | undefined,
  champion: { from: string | null; to: string } | undefined,
): ModelChoice {
  return { kind: 'serve', model: { name, version, digest }, verdict, champion }
}

const RULE = 'a service gets a model only with a promoting verdict on exactly this model'

export function unjudged(name: string): ModelChoice {
  const remedy = 'train and evaluate it, then roll out again'
  return { kind: 'unjudged', problem: { what: `model ${name} has no verdict`, rule: RULE, remedy } }
}

function refused(what: string, remedy: string): ModelChoice {
  return { kind: 'no', outcome: 'refused', problem: { what, rule: RULE, remedy } }
}
