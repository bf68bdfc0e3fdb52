import * as z from 'zod'
import { usageError } from '../../../domain/error.ts'
import type { Target } from '../../../domain/stacks/targets.ts'

const conditionSchema = z.looseObject({
  type: z.string().default(''),
  state: z.string().default(''),
  message: z.string().optional(),
  reason: z.string().optional(),
  revisionReason: z.string().optional(),
})
export type Condition = z.infer<typeof conditionSchema>

/** One line of a split. Zeros and empty texts do not come over the wire. */
const shareSchema = z.looseObject({
  type: z.string().optional(),
  revision: z.string().optional(),
  percent: z.number().default(0),
  tag: z.string().optional(),
  uri: z.string().optional(),
})
export type Share = z.infer<typeof shareSchema>

/**
 * A service or a worker pool, as far as it matters: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services
 * and https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.workerPools
 */
export const resourceSchema = z.looseObject({
  name: z.string(),
  etag: z.string().default(''),
  annotations: z.record(z.string(), z.string()).default({}),
  template: z.record(z.string(), z.unknown()).default({}),
  traffic: z.array(shareSchema).default([]),
  trafficStatuses: z.array(shareSchema).default([]),
  instanceSplits: z.array(shareSchema).default([]),
  instanceSplitStatuses: z.array(shareSchema).default([]),
  latestReadyRevision: z.string().default(''),
  latestCreatedRevision: z.string().default(''),
  scaling: z
    .looseObject({ scalingMode: z.string().optional(), manualInstanceCount: z.number().optional() })
    .default({}),
  terminalCondition: conditionSchema.optional(),
  uri: z.string().optional(),
  ingress: z.string().default('INGRESS_TRAFFIC_ALL'),
  invokerIamDisabled: z.boolean().default(false),
})
export type RunResource = z.infer<typeof resourceSchema>

/** https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services.revisions */
export const revisionSchema = z.looseObject({
  name: z.string(),
  createTime: z.string().default('1970-01-01T00:00:00Z'),
  annotations: z.record(z.string(), z.string()).default({}),
  containers: z.array(z.looseObject({ name: z.string().optional(), image: z.string() })).default([]),
  scaling: z.looseObject({ minInstanceCount: z.number().default(0) }).default({ minInstanceCount: 0 }),
  conditions: z.array(conditionSchema).default([]),
})
export type RunRevision = z.infer<typeof revisionSchema>

export type RunTarget = Extract<Target, { kind: 'cloud-run-service' | 'worker-pool' }>

/** What differs between a service, which takes requests, and a pool, which has instances alone. */
export interface RunKind {
  /** Resource name: `projects/films/locations/europe-west1/services/films-web`. */
  readonly name: string
  /** `films-web`: names of its revisions begin with it. */
  readonly id: string
  readonly split: 'traffic' | 'instanceSplits'
  readonly observed: 'trafficStatuses' | 'instanceSplitStatuses'
  /** `type` of a share that names its revision. */
  readonly byRevision: string
}

export function kindOf(target: RunTarget): RunKind {
  const place = `projects/${target.project}/locations/${target.location}`
  return target.kind === 'cloud-run-service'
    ? {
        name: `${place}/services/${target.service}`,
        id: target.service,
        split: 'traffic',
        observed: 'trafficStatuses',
        byRevision: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION',
      }
    : {
        name: `${place}/workerPools/${target.name}`,
        id: target.name,
        split: 'instanceSplits',
        observed: 'instanceSplitStatuses',
        byRevision: 'INSTANCE_SPLIT_ALLOCATION_TYPE_REVISION',
      }
}

/** @throws SluiceError usage for what is no service of Cloud Run. */
export function runTarget(service: string, target: Target): RunTarget {
  if (target.kind === 'cloud-run-service' || target.kind === 'worker-pool') return target
  throw usageError({
    what: `service ${service} is a target of kind ${target.kind}`,
    rule: 'services on Google Cloud run as cloud-run-service or worker-pool',
    remedy: 'correct the output "sluice" of the infrastructure that makes it',
  })
}

/** `projects/p/locations/l/services/s/revisions/web-1` -> `web-1`. */
export const shortName = (name: string): string => name.slice(name.lastIndexOf('/') + 1)
