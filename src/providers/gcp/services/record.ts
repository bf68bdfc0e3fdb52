/**
 * What a service of Cloud Run shall be next, as functions of what it is. A rollout is written down in annotations of the service
 * itself: `sluice-base` is the revision that all traffic returns to, `sluice-next` the one on its way. They change in the
 * same request as the traffic, so there is no moment in which one is known without the other (promise R28).
 */
import { SluiceError, usageError } from '../../../domain/error.ts'
import type { RunKind, RunResource, Share } from './resource.ts'
import { shortName } from './resource.ts'
import { isAttemptOf } from './template.ts'

export const BASE = 'sluice-base'
export const NEXT = 'sluice-next'
/** The scaling before a pause, as JSON. */
export const SCALING = 'sluice-scaling'

/** The tag whose address reaches the staged revision alone. A tag and the service's name have 46 characters together. */
const TAG = 'next'
const LONGEST_WITH_TAG = 46

/** How much of the traffic a revision has, and its own address where it has one. */
export interface Serving {
  readonly revision: string
  readonly percent: number
  readonly uri: string | undefined
}

export interface RunRecord {
  /** Names of revisions in Cloud Run. */
  readonly base: string | undefined
  readonly next: string | undefined
  /** As observed, not as wished. */
  readonly serving: readonly Serving[]
  readonly paused: boolean
}

/** Fields of a PATCH; those that are absent stay as they are. */
export interface Change {
  readonly annotations?: Readonly<Record<string, string>>
  readonly template?: Readonly<Record<string, unknown>>
  readonly shares?: readonly Share[]
  readonly scaling?: Readonly<Record<string, unknown>>
}

export function recordOf(kind: RunKind, resource: RunResource): RunRecord {
  const serving = servingOf(resource[kind.observed], resource)
  const { [BASE]: noted, [NEXT]: next } = resource.annotations
  const [most] = serving
    .filter(({ revision, percent }) => revision !== next && percent > 0)
    .toSorted((a, b) => b.percent - a.percent)
  const known = serving.some(({ revision, percent }) => revision === noted && percent > 0)
  return {
    // Somebody else may have moved the traffic since: what serves is what is gone back to.
    base: known || most === undefined ? noted : most.revision,
    next,
    serving,
    paused: isOff(kind, resource),
  }
}

/** Shares by revision; a revision may stand twice, once for its tag. */
function servingOf(shares: readonly Share[], { latestReadyRevision }: RunResource): readonly Serving[] {
  const found = new Map<string, Serving>()
  for (const { revision, percent, uri, tag } of shares) {
    const name = shortName(revision === undefined || revision === '' ? latestReadyRevision : revision)
    if (name === '') continue
    const before = found.get(name)
    found.set(name, {
      revision: name,
      percent: percent + (before?.percent ?? 0),
      uri: tag === TAG ? uri : before?.uri,
    })
  }
  return [...found.values()]
}

/** In words, a split that no release of ours has left; undefined where the traffic is as it should be (promise R31). */
export function foreignSplit(kind: RunKind, resource: RunResource): string | undefined {
  const { serving, next } = recordOf(kind, resource)
  const noted = resource.annotations[BASE]
  const alone = noted ?? shortName(resource.latestReadyRevision)
  const withTraffic = serving.filter(({ percent }) => percent > 0)
  if (next !== undefined || withTraffic.every(({ revision }) => revision === alone)) return undefined
  return withTraffic.map(({ revision, percent }) => `${revision} ${percent} %`).join(', ')
}

/** @throws SluiceError locked while another revision is on its way. */
export function stage(
  kind: RunKind,
  resource: RunResource,
  staged: {
    readonly revision: string
    readonly template: Change['template'] | undefined
    readonly fresh: Change['scaling']
  },
): Change | undefined {
  const { base, next, serving } = recordOf(kind, resource)
  const { revision, template, fresh } = staged
  if (next === revision || (next === undefined && base === revision)) return undefined
  // A restart that was cut off is no rollout: what it began is left behind.
  if (next !== undefined && !(base !== undefined && isAttemptOf(next, base))) {
    const percent = serving.find((one) => one.revision === next)?.percent ?? 0
    throw new SluiceError('locked', 'user', {
      what: `${kind.id} is in the middle of another rollout: revision ${next} stands at ${percent} %`,
      rule: 'one rollout of a service at a time',
      remedy: 'wait for it to end, or take it back with: sluice operate rollback',
    })
  }
  const before = serving.filter(({ percent }) => percent > 0)
  return {
    ...(template === undefined ? {} : { template }),
    ...(fresh === undefined ? {} : { scaling: fresh }),
    shares: [
      ...before.map((one) => share(kind, one.revision, one.percent)),
      ...tagged(kind, revision, before.length === 0 ? 100 : 0),
    ],
    annotations: {
      ...resource.annotations,
      [NEXT]: revision,
      ...(base === undefined ? {} : { [BASE]: base }),
    },
  }
}

/** @throws SluiceError stale where the revision is neither on its way nor all there is. */
export function shift(
  kind: RunKind,
  resource: RunResource,
  revision: string,
  percent: number,
): Change | undefined {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
    throw usageError({
      what: `${percent} % of the traffic for ${kind.id}`,
      rule: 'Cloud Run splits traffic in whole percent, from 0 to 100',
      remedy: 'correct rollout.steps',
    })
  }
  const { base, next, serving } = recordOf(kind, resource)
  const has = (name: string | undefined, wanted: number): boolean =>
    (serving.find((one) => one.revision === name)?.percent ?? 0) === wanted
  if (next === undefined && base === revision && percent === 100) {
    return has(revision, 100) ? undefined : { shares: [share(kind, revision, 100)] }
  }
  if (next !== revision) throw unknownRevision(kind, revision, { base, next })
  if (has(next, percent) && has(base, 100 - percent)) return undefined
  const rest = base === undefined || percent === 100 ? [] : [share(kind, base, 100 - percent)]
  return { shares: [...rest, ...tagged(kind, revision, rest.length === 0 ? 100 : percent)] }
}

/** @throws SluiceError usage below 100 %, stale where the revision is not the one on its way. */
export function settle(kind: RunKind, resource: RunResource, revision: string): Change | undefined {
  const { base, next, serving } = recordOf(kind, resource)
  if (next === undefined && base === revision) return undefined
  if (next !== revision) throw unknownRevision(kind, revision, { base, next })
  const percent = serving.find((one) => one.revision === revision)?.percent ?? 0
  if (percent !== 100) {
    throw usageError({
      what: `revision ${revision} stands at ${percent} %`,
      rule: 'a rollout is settled at 100 %',
    })
  }
  const { [NEXT]: _done, ...rest } = resource.annotations
  return { shares: [share(kind, revision, 100)], annotations: { ...rest, [BASE]: revision } }
}

/**
 * All traffic back.
 *
 * @param placeholder the base is what the stack was made with, and serves nobody: the service is switched off.
 * @throws SluiceError usage where the revision is live and nothing stands before it.
 */
export function revert(
  kind: RunKind,
  resource: RunResource,
  revision: string,
  placeholder: boolean,
): Change | undefined {
  const { base, next } = recordOf(kind, resource)
  if (next === revision) {
    const { [NEXT]: _gone, [BASE]: _noted, ...rest } = resource.annotations
    return {
      ...(base === undefined ? {} : { shares: [share(kind, base, 100)] }),
      ...(placeholder ? { scaling: counted(kind, 0) } : {}),
      annotations: placeholder || base === undefined ? rest : { ...rest, [BASE]: base },
    }
  }
  if (next !== undefined || base !== revision) return undefined
  throw usageError({
    what: `revision ${revision} of ${kind.id} is live and settled: what was before it is gone`,
    remedy: 'roll an earlier release out again with: sluice operate rollback',
  })
}

/** So many copies; none switches a service off (https://cloud.google.com/run/docs/configuring/services/manual-scaling#disable). */
export function counted({ split }: RunKind, manualInstanceCount: number): Readonly<Record<string, unknown>> {
  // A pool knows no other way of scaling.
  return split === 'traffic' ? { scalingMode: 'MANUAL', manualInstanceCount } : { manualInstanceCount }
}

function isOff({ split }: RunKind, { scaling }: RunResource): boolean {
  const { scalingMode, manualInstanceCount = 0 } = scaling
  return manualInstanceCount === 0 && (split === 'instanceSplits' || scalingMode === 'MANUAL')
}

/** The scaling of before stands in an annotation, where a later resume finds it. */
export function pause(kind: RunKind, resource: RunResource): Change | undefined {
  if (recordOf(kind, resource).paused) return undefined
  return {
    scaling: counted(kind, 0),
    annotations: { ...resource.annotations, [SCALING]: JSON.stringify(resource.scaling) },
  }
}

/** `automatic` where nobody has written down what was before. */
export function resume(
  kind: RunKind,
  resource: RunResource,
  automatic: Readonly<Record<string, unknown>>,
): Change | undefined {
  if (!recordOf(kind, resource).paused) return undefined
  const { [SCALING]: before, ...annotations } = resource.annotations
  return { scaling: before === undefined ? automatic : scalingOf(before, automatic), annotations }
}

function scalingOf(
  text: string,
  otherwise: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && Object.keys(value).length > 0
      ? { ...value }
      : otherwise
  } catch {
    return otherwise
  }
}

function share({ byRevision }: RunKind, revision: string, percent: number): Share {
  return { type: byRevision, revision, percent }
}

/** With an address of its own, where the platform has such and the name leaves room for it. */
function tagged(kind: RunKind, revision: string, percent: number): readonly Share[] {
  const fits = kind.split === 'traffic' && kind.id.length + TAG.length <= LONGEST_WITH_TAG
  const one = share(kind, revision, percent)
  if (fits) return [{ ...one, tag: TAG }]
  return percent === 0 ? [] : [one]
}

function unknownRevision(
  { id }: RunKind,
  revision: string,
  { base, next }: Pick<RunRecord, 'base' | 'next'>,
): SluiceError {
  const known = [base, next].filter((one) => one !== undefined)
  return new SluiceError('stale', 'user', {
    what: `revision ${revision} of ${id} is not being rolled out (there is ${known.join(' and ') || 'none'})`,
    rule: 'another rollout or a rollback took its place',
    remedy: 'see sluice operate status, then start the rollout again',
  })
}
