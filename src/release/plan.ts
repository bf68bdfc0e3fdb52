import { canonicalJson } from '../domain/canonical.ts'
import { type Digest, digestOfValue, type ImageReference } from '../domain/digest.ts'
import type { Problem } from '../domain/error.ts'
import type { ServedModel } from '../domain/models/model.ts'
import {
  type Release,
  type ReleaseContent,
  type ReleasedService,
  releaseId,
} from '../domain/releases/release.ts'
import type { Check, RolloutPolicy } from '../domain/system/rollout-policy.ts'
import type { Service, System } from '../domain/system/system.ts'
import type { RevisionStatus, ServiceStatus } from '../providers/ports/services.ts'
import { checkProblems } from './check-plan.ts'
import { type Descent, isOlder } from './descent.ts'
import { unjudgedProblems, waitingServices } from './first-wave.ts'
import type { ModelChoice } from './model-choice.ts'
import { startOrder } from './order.ts'
import { servedRevision } from './serving.ts'

/** Everything that a rollout depends on, read before it starts. */
export interface RolloutInput {
  readonly system: System
  readonly commit: string
  readonly descent: Descent
  /** The commit was released before the live one was. */
  readonly releasedBefore: boolean
  readonly allowOlder: boolean
  readonly live: Release | undefined
  /** Ids of releases that were started after the live one and never went live. */
  readonly abandoned: readonly Digest[]
  readonly statuses: Readonly<Record<string, ServiceStatus>>
  /** Services of the live release and its predecessor that sluice.yml no longer has. */
  readonly retired: Readonly<Record<string, ServiceStatus>>
  /** Service -> image. */
  readonly images: Readonly<Record<string, ImageReference>>
  /** Service -> container beside the main one -> image, where these are known. */
  readonly sidecars?: Readonly<Record<string, Readonly<Record<string, ImageReference>>>>
  /** Worker -> what its machines are started from. */
  readonly templates?: Readonly<Record<string, string>>
  /** Model -> what it shall be. */
  readonly models: Readonly<Record<string, ModelChoice>>
  readonly forced: { readonly by: string; readonly reason: string } | undefined
  /** The kinds of checks that this cloud can observe. */
  readonly observable: readonly Check['kind'][]
}

export type ServiceAction =
  | {
      readonly kind: 'start'
      readonly service: Service
      readonly image: ImageReference
      readonly models: readonly ServedModel[]
      readonly sidecars?: Readonly<Record<string, ImageReference>>
      /** What serves now, and again after a failure; null: nothing. */
      readonly from: RevisionStatus | null
    }
  | {
      readonly kind: 'keep'
      readonly service: Service
      readonly image: ImageReference
      readonly models: readonly ServedModel[]
      readonly from: RevisionStatus
    }
  | { readonly kind: 'remove'; readonly name: string }

export interface AliasMove {
  readonly model: string
  readonly from: string | null
  readonly to: string
}

export interface ServiceRevision {
  readonly service: string
  readonly revision: string
}

export interface RolloutPlan {
  readonly id: Digest
  readonly content: ReleaseContent
  readonly live: Release | undefined
  /** In the order of the work. */
  readonly actions: readonly ServiceAction[]
  /** Revisions of the live release whose rollout was killed before it drained their predecessors. */
  readonly unsettled: readonly ServiceRevision[]
  /** Revisions that an interrupted rollout of another release left. */
  readonly leftovers: readonly ServiceRevision[]
  readonly aliases: readonly AliasMove[]
  readonly policy: RolloutPolicy
  /** Rising percentages; 100 alone where nothing is live yet. */
  readonly steps: readonly number[]
  readonly forced: { readonly by: string; readonly reason: string } | undefined
  /** Services that wait for the first verdict on a model; they stay as they are. */
  readonly waiting: readonly string[]
  /** What the user shall know before it starts. */
  readonly notes: readonly string[]
}

export type RolloutDecision =
  | { readonly kind: 'go'; readonly plan: RolloutPlan }
  | { readonly kind: 'no-change'; readonly plan: RolloutPlan }
  | {
      readonly kind: 'refused'
      readonly outcome: 'refused' | 'stale'
      readonly problems: readonly [Problem, ...Problem[]]
    }

/** From what serves to what shall serve, or why not. Nothing has been touched when it refuses. */
export function planRollout(input: RolloutInput): RolloutDecision {
  const { system, live, commit } = input
  const refusal = refusalOf(input)
  if (refusal !== undefined) return refusal
  const waiting = waitingServices(system, input.models)
  const services: Record<string, ReleasedService> = {}
  for (const service of startOrder(system)) {
    const one = waiting.has(service.name) ? live?.services[service.name] : releasedService(input, service)
    if (one !== undefined) services[service.name] = one
  }
  const same = live !== undefined && canonicalJson(live.services) === canonicalJson(services)
  const content: ReleaseContent = same
    ? live
    : {
        system: system.name,
        environment: system.environment.name,
        commit,
        services,
        verdicts: verdictsOf(input),
      }
  const id = releaseId(content)
  const actions = actionsOf(input, services, id)
  const leftovers = leftoversOf(input, id)
  const unsettled = unsettledOf(input)
  const aliases = aliasesOf(input)
  const plan: RolloutPlan = {
    id,
    content,
    live,
    actions,
    unsettled,
    leftovers,
    aliases,
    policy: system.rollout,
    steps: live === undefined ? [100] : system.rollout.steps,
    forced: input.forced,
    waiting: [...waiting],
    notes: notesOf(input, actions, waiting),
  }
  const untouched = actions.every((action) => action.kind === 'keep')
  const clean = leftovers.length + unsettled.length + aliases.length === 0
  return { kind: same && untouched && clean ? 'no-change' : 'go', plan }
}

function refusalOf(input: RolloutInput): RolloutDecision | undefined {
  const { live, commit, system, observable } = input
  const objections = Object.values(input.models).flatMap((choice) => (choice.kind === 'no' ? [choice] : []))
  const refused: Problem[] = [
    ...objections.filter((one) => one.outcome === 'refused').map((one) => one.problem),
    ...unjudgedProblems(system, input.models),
    ...checkProblems(system, observable),
    ...pausedProblems(input),
  ]
  const stale: Problem[] = objections.filter((one) => one.outcome === 'stale').map((one) => one.problem)
  if (live !== undefined && !input.allowOlder && isOlder(input.descent, input.releasedBefore)) {
    stale.push({
      what: `commit ${commit} is older than ${live.commit}, which is live as release ${live.sequence}`,
      rule: 'an older commit never silently replaces a newer one',
      remedy: 'to go back on purpose use "sluice operate rollback", or add --allow-older',
    })
  }
  const [first, ...rest] = [...refused, ...stale]
  if (first === undefined) return undefined
  return { kind: 'refused', outcome: refused.length > 0 ? 'refused' : 'stale', problems: [first, ...rest] }
}

function pausedProblems({ system, statuses, models }: RolloutInput): readonly Problem[] {
  if (system.rollout.allowZero) return []
  const waiting = waitingServices(system, models)
  return Object.values(statuses)
    .filter(({ state, service }) => state === 'paused' && system.services[service] !== undefined)
    .filter(({ service }) => !waiting.has(service))
    .map(({ service }) => ({
      what: `service ${service} is paused`,
      rule: 'a release is deployed only where it runs',
      remedy: `run "sluice operate resume --service ${service}" first, or set rollout.allow-zero`,
    }))
}

function releasedService(input: RolloutInput, service: Service): ReleasedService {
  const image = input.images[service.name]
  if (image === undefined) throw new TypeError(`no image was given for service ${service.name}`)
  const [model] = modelsOf(input, service)
  const sidecars = input.sidecars?.[service.name]
  const template = input.templates?.[service.name]
  return {
    image,
    ...(template === undefined ? {} : { template }),
    ...(sidecars === undefined ? {} : { sidecars }),
    ...(model === undefined ? {} : { model }),
    settings: digestOfValue(service),
  }
}

function modelsOf({ models }: RolloutInput, service: Service): readonly ServedModel[] {
  const choice = service.model === undefined ? undefined : models[service.model]
  return choice?.kind === 'serve' ? [choice.model] : []
}

function verdictsOf({ models }: RolloutInput): ReleaseContent['verdicts'] {
  return Object.entries(models).flatMap(([model, choice]) =>
    choice.kind === 'serve' && choice.verdict !== undefined ? [{ model, digest: choice.verdict }] : [],
  )
}

function actionsOf(
  input: RolloutInput,
  services: Readonly<Record<string, ReleasedService>>,
  id: Digest,
): readonly ServiceAction[] {
  const { live, statuses, retired } = input
  const waiting = waitingServices(input.system, input.models)
  const moving = startOrder(input.system).filter(({ name }) => !waiting.has(name))
  const work = moving.map((service): ServiceAction => {
    const wanted = services[service.name] as ReleasedService
    const models = modelsOf(input, service)
    const status = statuses[service.name]
    const base = { service, image: wanted.image, models }
    const now = status === undefined ? undefined : servedRevision(status)
    const unchanged = canonicalJson(live?.services[service.name] ?? null) === canonicalJson(wanted)
    const serves =
      now?.weight === 100 && now.image === wanted.image && canonicalJson(now.models) === canonicalJson(models)
    // While a rollout is under way, what an attempt of ours has staged may still have to go back: it is started, not
    // kept. A settled revision is what serves, also where this release was live once before and bears the same id.
    const attempted = status?.state === 'rolling' && id !== live?.id
    if (unchanged && serves && !(attempted && now.release === id)) {
      return { kind: 'keep', ...base, from: now }
    }
    const before = status === undefined ? undefined : servedRevision(status, attempted ? id : undefined)
    const sidecars = wanted.sidecars === undefined ? {} : { sidecars: wanted.sidecars }
    return { kind: 'start', ...base, ...sidecars, from: before ?? null }
  })
  const gone = Object.values(retired)
    .filter((status) => status.state === 'running' || status.state === 'rolling')
    .map((status): ServiceAction => ({ kind: 'remove', name: status.service }))
  return [...work, ...gone]
}

function unsettledOf({ statuses, live }: RolloutInput): readonly ServiceRevision[] {
  return Object.values(statuses).flatMap((status) => {
    const serves = servedRevision(status)
    // It has all the traffic: what was before it only waits to be drained.
    return serves?.staged === true && serves.weight === 100 && serves.release === live?.id
      ? [{ service: status.service, revision: serves.id }]
      : []
  })
}

function leftoversOf(input: RolloutInput, id: Digest): readonly ServiceRevision[] {
  const abandoned = input.abandoned.filter((other) => other !== id && other !== input.live?.id)
  return Object.values(input.statuses).flatMap((status) =>
    status.state !== 'rolling' && input.live !== undefined
      ? []
      : status.revisions
          .filter((one) => one.release !== null && abandoned.includes(one.release))
          .map((one) => ({ service: status.service, revision: one.id })),
  )
}

function aliasesOf({ models }: RolloutInput): readonly AliasMove[] {
  return Object.entries(models).flatMap(([model, choice]) =>
    choice.kind === 'serve' && choice.champion !== undefined ? [{ model, ...choice.champion }] : [],
  )
}

function notesOf(
  input: RolloutInput,
  actions: readonly ServiceAction[],
  waiting: ReadonlySet<string>,
): string[] {
  const notes: string[] = []
  if (waiting.size > 0) notes.push(`waiting for a first verdict: ${[...waiting].join(', ')}`)
  const fresh = actions.flatMap((one) =>
    one.kind === 'start' && one.from === null ? [one.service.name] : [],
  )
  if (input.live === undefined) {
    notes.push('first release of this environment: there is nothing to go back to if it fails')
  } else if (fresh.length > 0) notes.push(`new, so nothing to go back to there: ${fresh.join(', ')}`)
  if (input.forced !== undefined) {
    notes.push(`forced by ${input.forced.by} in place of the gate: ${input.forced.reason}`)
  }
  if (input.descent === 'diverged') notes.push(`commit ${input.commit} does not descend from the live one`)
  return notes
}
