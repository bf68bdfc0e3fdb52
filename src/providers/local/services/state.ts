import * as z from 'zod'
import { digestOfValue, hexOf, shortDigest } from '../../../domain/digest.ts'
import { SluiceError, usageError } from '../../../domain/error.ts'
import { servedModelSchema } from '../../../domain/models/model.ts'
import { digestSchema, imageReferenceSchema } from '../../../domain/system/images.ts'
import type { Service } from '../../../domain/system/system.ts'
import type { RevisionSpec } from '../../ports/services.ts'

/** A service as sluice.yml said when the revision was staged. Only its frame is checked: it is our own writing. */
const serviceSchema = z.custom<Service>(
  (value) => typeof value === 'object' && value !== null && 'scale' in value && 'stopTimeout' in value,
  'expected a service',
)

export const revisionSchema = z.looseObject({
  id: z.string(),
  release: digestSchema,
  image: imageReferenceSchema,
  models: z.array(servedModelSchema),
  service: serviceSchema,
  /** Milliseconds since the epoch. */
  createdAt: z.number(),
})
export type Revision = z.infer<typeof revisionSchema>

const recordSchema = z.looseObject({
  /** Host port of the service, kept for good once it was given; null where it takes no requests. */
  port: z.int().nullable(),
  paused: z.boolean(),
  /** The revision that rollouts start from and go back to. */
  live: z.string().nullable(),
  staged: z.object({ id: z.string(), percent: z.number().min(0).max(100) }).nullable(),
  revisions: z.record(z.string(), revisionSchema),
})
/** One service as it shall be. */
export type ServiceRecord = z.infer<typeof recordSchema>

/** services/state.json: what the supervisor brings back after any kind of end. */
export const cloudStateSchema = z.looseObject({
  schema: z.literal('sluice.local-services/v1'),
  services: z.record(z.string(), recordSchema),
})
export type CloudState = z.infer<typeof cloudStateSchema>

export const EMPTY_STATE: CloudState = { schema: 'sluice.local-services/v1', services: {} }

export function newRecord(port: number | null): ServiceRecord {
  return { port, paused: false, live: null, staged: null, revisions: {} }
}

/** The same release and spec have the same id, so that a repeated `stage` finds its revision. */
export function revisionId({ release, image, models, service }: RevisionSpec): string {
  return `${shortDigest(release)}-${hexOf(digestOfValue({ image, models, service })).slice(0, 8)}`
}

/** Share of the traffic of one revision, percent. */
export function weightOf(record: ServiceRecord, revision: string): number {
  if (record.staged?.id === revision) return record.staged.percent
  if (record.live === revision) return 100 - (record.staged?.percent ?? 0)
  return 0
}

/** Processes that shall run of each of its revisions. */
export function desiredCount(record: ServiceRecord, revision: Revision): number {
  return record.paused ? 0 : Math.max(1, revision.service.scale.min)
}

/** @throws SluiceError locked while another revision is on its way. */
export function stage(record: ServiceRecord, spec: RevisionSpec, now: number): ServiceRecord {
  const id = revisionId(spec)
  if (record.live === id || record.staged?.id === id) return record
  if (record.staged !== null) {
    throw new SluiceError('locked', 'user', {
      what: `service ${spec.service.name} is in the middle of another rollout: revision ${record.staged.id} stands at ${record.staged.percent} %`,
      rule: 'one rollout of a service at a time',
      remedy: 'wait for it to end, or take it back with: sluice operate rollback',
    })
  }
  const { release, image, service } = spec
  const revision: Revision = { id, release, image, models: [...spec.models], service, createdAt: now }
  return {
    ...record,
    staged: { id, percent: 0 },
    revisions: { ...record.revisions, [id]: revision },
  }
}

/** @throws SluiceError stale where the revision is not the staged one. */
export function shift(name: string, record: ServiceRecord, revision: string, percent: number): ServiceRecord {
  if (!(percent >= 0 && percent <= 100)) {
    throw usageError({
      what: `${percent} % of the traffic for service ${name}`,
      rule: 'a share lies between 0 and 100 percent',
    })
  }
  if (record.staged?.id === revision) {
    if (record.staged.percent === percent) return record
    return { ...record, staged: { id: revision, percent } }
  }
  if (record.staged === null && record.live === revision && percent === 100) return record
  throw unknownRevision(name, record, revision)
}

/** @throws SluiceError usage below 100 %, stale where the revision is neither staged nor live. */
export function settle(name: string, record: ServiceRecord, revision: string): ServiceRecord {
  if (record.staged === null && record.live === revision) return record
  const kept = record.revisions[revision]
  if (record.staged?.id !== revision || kept === undefined) throw unknownRevision(name, record, revision)
  if (record.staged.percent !== 100) {
    throw usageError({
      what: `revision ${revision} of service ${name} stands at ${record.staged.percent} %`,
      rule: 'a rollout is settled at 100 %',
    })
  }
  return { ...record, live: revision, staged: null, revisions: { [revision]: kept } }
}

/** @throws SluiceError usage where the revision is live and nothing stands before it. */
export function revert(name: string, record: ServiceRecord, revision: string): ServiceRecord {
  if (record.staged?.id === revision) {
    const { [revision]: _gone, ...revisions } = record.revisions
    return { ...record, staged: null, revisions }
  }
  if (record.live !== revision) return record
  throw usageError({
    what: `revision ${revision} of service ${name} is live and settled: what was before it is gone`,
    remedy: 'roll an earlier release out again with: sluice operate rollback',
  })
}

function unknownRevision(name: string, record: ServiceRecord, revision: string): SluiceError {
  const known = Object.keys(record.revisions)
  return new SluiceError('stale', 'user', {
    what: `revision ${revision} of service ${name} is not being rolled out (there is ${known.join(' and ') || 'none'})`,
    rule: 'another rollout or a rollback took its place',
    remedy: 'see sluice operate status, then start the rollout again',
  })
}
