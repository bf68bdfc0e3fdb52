import * as z from 'zod'

/**
 * What Google Cloud runs, in the JSON of its API (a revision, an execution, a custom job), but for the digests of images, whose
 * tag is `template`, and for model pins. Whoever deploys puts these in: plans leave them alone.
 */
const runTemplate = z.record(z.string(), z.unknown()).optional()

/** Where one service, job or worker runs: the address that rollout and operate act on. */
export const targetSchema = z.discriminatedUnion('kind', [
  z.looseObject({
    kind: z.literal('ecs-service'),
    region: z.string(),
    cluster: z.string(),
    service: z.string(),
    container: z.string(),
    loadBalanced: z.boolean(),
    url: z.string().optional(),
    /** With this header a request to `url` reaches the revision that is on its way. */
    staged: z.object({ header: z.string(), value: z.string() }).optional(),
  }),
  z.looseObject({
    kind: z.literal('cloud-run-service'),
    project: z.string(),
    location: z.string(),
    service: z.string(),
    url: z.string(),
    template: runTemplate,
  }),
  z.looseObject({
    kind: z.literal('cloud-run-job'),
    project: z.string(),
    location: z.string(),
    name: z.string(),
    template: runTemplate,
  }),
  z.looseObject({
    kind: z.literal('worker-pool'),
    project: z.string(),
    location: z.string(),
    name: z.string(),
    template: runTemplate,
  }),
  z.looseObject({
    kind: z.literal('lambda-alias'),
    region: z.string(),
    function: z.string(),
    alias: z.string(),
  }),
  z.looseObject({
    kind: z.literal('ec2-worker'),
    region: z.string(),
    launchTemplate: z.string(),
    /** Tags by which its machines are found. */
    instances: z.record(z.string(), z.string()),
    /** Parameter of Systems Manager that says which image machines run; rollouts write it. Absent for scripts and steps. */
    image: z.string().optional(),
    /** The image as its user data has it, for a step: a run puts its digest there (src/domain/jobs/boot.ts). */
    template: z.string().optional(),
    /** Types of machines that do for a step, the one to be had first in front. */
    machines: z.array(z.string()).optional(),
    /** Whether a step begins on spot capacity. */
    spot: z.boolean().optional(),
    /** One a zone. */
    subnets: z.array(z.string()).optional(),
    securityGroups: z.array(z.string()).optional(),
    publicAddress: z.boolean().optional(),
    /** What ends machines past their lifetime: its schedule, its state machine and the role that starts it (promise R32). */
    killer: z.object({ schedule: z.string(), machine: z.string(), role: z.string() }).optional(),
    /** s3:// place for what a step on spot capacity goes on from. */
    checkpoints: z.string().optional(),
  }),
  z.looseObject({
    kind: z.literal('gce-worker'),
    project: z.string(),
    location: z.string(),
    /** Id of the instance template; names of its machines begin with the worker's. */
    template: z.string(),
    /** Labels by which its machines are found. */
    instances: z.record(z.string(), z.string()),
    /** gs:// object that says which image machines run; rollouts write it. Absent for scripts. */
    image: z.string().optional(),
  }),
  z.looseObject({
    kind: z.literal('ecs-task'),
    region: z.string(),
    cluster: z.string(),
    family: z.string(),
    /** What it runs, as upstream calls it, where that is no image of sluice.yml. */
    image: z.string().optional(),
    /** Databases that it makes, where it is one that does. */
    names: z.array(z.string()).optional(),
    /** Where it runs on machines of the cluster's own: what starts them, their type, and the step's time in ms. Absent: Fargate. */
    machines: z.object({ provider: z.string(), type: z.string(), timeout: z.number().optional() }).optional(),
    /** What ends tasks past their lifetime: its schedule, its state machine and the role that starts it (promise R32). */
    killer: z.object({ schedule: z.string(), machine: z.string(), role: z.string() }).optional(),
  }),
  z.looseObject({
    kind: z.literal('batch-job'),
    region: z.string(),
    queue: z.string(),
    definition: z.string(),
  }),
  z.looseObject({
    kind: z.literal('sagemaker-training'),
    region: z.string(),
    role: z.string(),
    /** `ml.g5.xlarge`, and how many of them. */
    machine: z.string(),
    machines: z.number().int(),
    /** GiB. */
    disk: z.number().int(),
    spot: z.boolean(),
    /** s3:// place for what a job leaves in /opt/ml/model. */
    output: z.string(),
    /** Variables of every run; of secrets only the names. */
    environment: z.record(z.string(), z.string()),
    /** Empty: outside of the network. */
    subnets: z.array(z.string()),
    securityGroups: z.array(z.string()),
  }),
  z.looseObject({
    kind: z.literal('vertex-job'),
    project: z.string(),
    location: z.string(),
    serviceAccount: z.string(),
    template: runTemplate,
  }),
  z.looseObject({ kind: z.literal('local-process'), service: z.string(), url: z.string().optional() }),
])
export type Target = z.infer<typeof targetSchema>

const byName = <T extends z.ZodType>(value: T) => z.record(z.string(), value).default({})

/** targets.json, `sluice.targets/v1`: the Terraform output `sluice`, merged over stacks. It never holds a secret value. */
export const targetsSchema = z.looseObject({
  schema: z.literal('sluice.targets/v1'),
  system: z.string(),
  environment: z.string(),
  region: z.string().optional(),
  services: byName(targetSchema),
  jobs: byName(targetSchema),
  workers: byName(targetSchema),
  functions: byName(targetSchema),
  /** Bucket -> URI, `s3://...` or `gs://...`. */
  buckets: byName(z.string()),
  databases: byName(
    z.looseObject({
      kind: z.string(),
      id: z.string(),
      host: z.string(),
      port: z.number().int(),
      name: z.string(),
      /** Name of the secret that holds the password. */
      secret: z.string(),
    }),
  ),
  /** Image -> repository that it is pushed to. */
  registries: byName(z.string()),
  alarms: byName(z.string()),
  tables: byName(z.string()),
  topics: byName(z.string()),
  caches: byName(z.string()),
  apis: byName(z.string()),
  /** URI of the ledger: s3://, gs:// or file://. */
  ledger: z.string(),
  /** Service -> where its logs are. */
  logs: byName(z.string()),
})
export type Targets = z.infer<typeof targetsSchema>
