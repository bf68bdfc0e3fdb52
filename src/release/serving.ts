import { parseImageReference } from '../domain/digest.ts'
import { modelPin, type ServedModel } from '../domain/models/model.ts'
import type { RevisionSpec, RevisionStatus, ServiceStatus } from '../providers/ports/services.ts'

/** What one look at a service says about the revision that we want to serve (promise R23). */
export type Serving =
  /** All traffic on our revision, every instance up, digest and models as asked. */
  | { readonly kind: 'deployed' }
  /** The same with no instance wanted; done only where `rollout.allow-zero` says so. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly why: string }
  | { readonly kind: 'wrong'; readonly why: string }
  /** Somebody else's revision has taken the traffic. */
  | { readonly kind: 'superseded'; readonly by: string }

export function judgeServing(
  spec: Pick<RevisionSpec, 'image' | 'models' | 'release'>,
  revision: string,
  status: ServiceStatus,
): Serving {
  const ours = status.revisions.find((one) => one.id === revision)
  const other = status.revisions.find((one) => one.id !== revision && one.weight === 100)
  if (other !== undefined && other.release !== spec.release) return { kind: 'superseded', by: other.id }
  if (ours === undefined) return { kind: 'wrong', why: `revision ${revision} is gone` }
  const ready = judgeReady(spec, ours)
  if (ready.kind === 'wrong' || ready.kind === 'waiting') return ready
  if (ours.weight !== 100) return { kind: 'waiting', why: `it has ${ours.weight} % of the traffic` }
  return ready
}

/** The same without traffic: may this revision get some? */
export function judgeReady(spec: Pick<RevisionSpec, 'image' | 'models'>, ours: RevisionStatus): Serving {
  const asked = parseImageReference(spec.image)?.digest
  const runs = parseImageReference(ours.image)?.digest
  if (asked === undefined || runs !== asked) {
    return { kind: 'wrong', why: `it runs ${ours.image} instead of ${spec.image}` }
  }
  if (ours.desired === 0) return { kind: 'idle' }
  if (!ours.healthy || ours.running !== ours.desired) {
    const trouble = ours.trouble === null ? '' : `: ${ours.trouble}`
    const state = ours.healthy ? '' : ', not healthy'
    return { kind: 'waiting', why: `${ours.running} of ${ours.desired} running${state}${trouble}` }
  }
  // Only a healthy revision has said which models it loaded.
  const difference = modelDifference(spec.models, ours.models)
  return difference === undefined ? { kind: 'deployed' } : { kind: 'wrong', why: difference }
}

/** In words, which pinned model is not the one that is loaded; undefined where all are. */
export function modelDifference(
  asked: readonly ServedModel[],
  loaded: readonly ServedModel[],
): string | undefined {
  for (const model of asked) {
    const found = loaded.find((one) => one.name === model.name)
    if (found === undefined) return `it has not loaded model ${model.name} ${modelPin(model)}`
    if (modelPin(found) !== modelPin(model)) {
      return `it has loaded model ${model.name} ${modelPin(found)} instead of ${modelPin(model)}`
    }
  }
  return undefined
}

/** The revision that gets the traffic, leaving out those of one release: the one to go back to. */
export function servedRevision(
  status: ServiceStatus,
  except?: RevisionStatus['release'],
): RevisionStatus | undefined {
  return status.revisions
    .filter((one) => except === undefined || one.release !== except)
    .filter((one) => one.weight > 0 || except !== undefined)
    .toSorted((a, b) => b.weight - a.weight || b.createdAt - a.createdAt)[0]
}
