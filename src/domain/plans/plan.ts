import * as z from 'zod'
import { isDigest } from '../digest.ts'
import { COUNTED, PLAN_ACTIONS } from './plan-counts.ts'

const counts = z.record(z.enum(COUNTED), z.number().int())

/** One resource that a plan touches: names only, never a value (promise R6). */
export const planChangeSchema = z.looseObject({
  address: z.string(),
  type: z.string(),
  name: z.string(),
  mode: z.enum(['managed', 'data']),
  /** Source address: `registry.opentofu.org/hashicorp/aws`. */
  provider: z.string(),
  action: z.enum(PLAN_ACTIONS),
  /** The engine's word for why it is replaced, deleted or read: `replace_because_cannot_update`. */
  reason: z.string().optional(),
  /** Holds data or keys that its end would take along. */
  stateful: z.boolean(),
  /** Top-level attributes that differ; of a new resource those that are set. */
  attributes: z.array(z.string()),
  /** Top-level attributes whose value is known after apply only; `*` where nothing of the resource is known. */
  unknown: z.array(z.string()),
  /** Top-level attributes that cannot be changed in place. */
  forces: z.array(z.string()),
  /** Attributes that protected its data and no longer would: `deletion_protection`. */
  unprotects: z.array(z.string()),
  imported: z.boolean(),
  movedFrom: z.string().optional(),
  /** Key of an object that a create-before-destroy left behind. */
  deposed: z.string().optional(),
})
export type PlanChange = Readonly<z.infer<typeof planChangeSchema>>

const checkSchema = z.looseObject({
  address: z.string(),
  status: z.enum(['pass', 'fail', 'error', 'unknown']),
})

const stackPlanSchema = z.looseObject({
  stack: z.string(),
  /** `deferred`: it reads what another stack will only have when that is applied. */
  state: z.enum(['planned', 'deferred']),
  counts,
  /** Everything but `noop`, sorted by address. */
  changes: z.array(planChangeSchema),
  /** What somebody changed outside of the engine. */
  drift: z.array(planChangeSchema),
  outputs: z.array(z.looseObject({ name: z.string(), action: z.enum(PLAN_ACTIONS) })),
  checks: z.array(checkSchema),
  /** Digest of every change with its values, as the engine wrote them: equal plans do the same. */
  fingerprint: z.custom<`sha256:${string}`>(isDigest),
})
export type StackPlan = Readonly<z.infer<typeof stackPlanSchema>>
export type PlanCheck = Readonly<z.infer<typeof checkSchema>>

/** plan.json, `sluice.plan/v1`: what the last plan of an environment found, stack by stack in the order of apply. */
export const planFileSchema = z.looseObject({
  schema: z.literal('sluice.plan/v1'),
  system: z.string(),
  environment: z.string(),
  engine: z.looseObject({ name: z.enum(['tofu', 'terraform']), version: z.string() }),
  counts,
  stacks: z.array(stackPlanSchema),
  fingerprint: z.custom<`sha256:${string}`>(isDigest),
})
export type PlanFile = Readonly<z.infer<typeof planFileSchema>>
