import * as z from 'zod'
import { digestSchema } from '../system/images.ts'

const text = z.string().nullable()

/** Where a state lies, so that a plan of one place is never applied to another. */
const backendSchema = z.looseObject({
  /** `s3`, `gcs`, `local`. */
  type: z.string(),
  bucket: text,
  /** Key, prefix or path inside of it. */
  key: text,
  workspace: z.string(),
  /** AWS account id or Google Cloud project that the environment names. */
  account: text,
  region: text,
})

/** What a plan was made of and for. null: there is none, as on a machine outside of GitHub Actions. */
const boundSchema = z.looseObject({
  /** Of the saved plan's bytes. */
  plan: digestSchema,
  /** Of what the plan does: the fingerprint of its JSON. */
  planJson: digestSchema,
  /** Of the folder that it was made of. */
  configuration: digestSchema,
  backend: backendSchema,
  /** null before the first apply. */
  state: z.looseObject({ lineage: text, serial: z.int().nullable() }),
  /** `tofu 1.12.6`. */
  engine: z.string(),
  /** Of .terraform.lock.hcl; null where a stack has no provider to lock. */
  providers: digestSchema.nullable(),
  /** The repository's immutable id, and the commits. */
  source: z.looseObject({ repository: text, pullRequest: z.int().nullable(), head: text, base: text }),
  run: z.looseObject({ id: text, attempt: z.int().nullable() }),
  /** What the guards said, and the digest of the rules that they went by. */
  policy: z.looseObject({
    verdict: z.enum(['allowed', 'needs-naming', 'cannot-decide']),
    rules: digestSchema,
  }),
})
export type Bound = Readonly<z.infer<typeof boundSchema>>

/** How somebody said yes: typed the plan's id, reviewed the environment on GitHub, or named the id on the command line. */
export const APPROVAL_WAYS = ['typed', 'reviewed', 'named'] as const

const approverSchema = z.looseObject({ by: z.string(), how: z.enum(APPROVAL_WAYS), at: z.string() })
export type Approver = Readonly<z.infer<typeof approverSchema>>

const stackApprovalSchema = z.looseObject({
  stack: z.string(),
  /** Whether there is anything to apply. */
  changes: z.boolean(),
  bound: boundSchema,
  /** null until somebody has. */
  approved: approverSchema.nullable(),
  /** When it was applied; null until then. Nobody applies it twice. */
  applied: z.string().nullable(),
})
export type StackApproval = Readonly<z.infer<typeof stackApprovalSchema>>

/** approval.json, `sluice.approval/v1`: what each stack's plan was made of, and who approved it. One record a stack (R13). */
export const approvalFileSchema = z.looseObject({
  schema: z.literal('sluice.approval/v1'),
  system: z.string(),
  environment: z.string(),
  /** Fingerprint of the whole plan.json; its first twelve digits are the id that people name. */
  fingerprint: digestSchema,
  /** HMAC-SHA256 with the key of saved plans, of all that is above and of what each stack is bound to: nobody else writes one. */
  seal: digestSchema,
  stacks: z.array(stackApprovalSchema),
})
export type ApprovalFile = Readonly<z.infer<typeof approvalFileSchema>>

/** A person's review of an environment in one workflow run. */
export interface Review {
  readonly by: string
  readonly environment: string
  readonly state: 'approved' | 'rejected' | 'pending'
}

/** What GitHub knows of the reviews of a run, read at the moment of asking. */
export interface Reviews {
  /** @throws SluiceError cannot-observe or external: then nobody has approved */
  of(run: string): Promise<readonly Review[]>
}

/** A run of the repository's workflows. */
export interface WorkflowRun {
  readonly id: string
  readonly url: string
  readonly finished: boolean
}

/** What GitHub knows of the runs of the repository. */
export interface Runs {
  /** Those that were under way at `time`, finished by now or not. Milliseconds since the epoch. */
  at(time: number): Promise<readonly WorkflowRun[]>
}
