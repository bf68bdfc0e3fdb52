import { cloudRunConcurrency } from '../../src/domain/machines/cloud-run.ts'

const MIB = 2 ** 20

/** One container of a revision or of a job. */
export interface RunContainer {
  readonly name: string
  /** `repository:template`; a rollout or a run puts the digest in its place. */
  readonly image: string
  /** @default the image's own */
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Variable -> secret of Secret Manager. */
  readonly secrets: Readonly<Record<string, RunSecret>>
  /** vCPU, and bytes of memory. @default Cloud Run's own, for a sidecar */
  readonly size?: { readonly cpu: number; readonly memory: number }
  /** GPUs. @default none */
  readonly gpu?: number
}

export interface RunSecret {
  /** `projects/<project>/secrets/<name>`. */
  readonly secret: string
  /** @default latest */
  readonly version?: string
}

/** What runs, wherever it runs. */
export interface RunTemplateProps {
  /** Address of the account that it runs as. */
  readonly account: string
  /** The first one takes the requests. */
  readonly containers: readonly [RunContainer, ...RunContainer[]]
  /** Connection names of Cloud SQL servers, whose sockets appear under /cloudsql. @default none */
  readonly sockets?: readonly string[]
  /** Direct VPC egress, for private addresses alone. @default outside of the network */
  readonly network?: { readonly network: string; readonly subnet: string; readonly tag: string }
}

export interface Requests {
  readonly port: number
  /** HTTP path that answers 200 when a copy can take requests. @default the port is open */
  readonly health?: string
  readonly scale: { readonly min: number; readonly max: number }
  /** Milliseconds for a new revision to become healthy. */
  readonly startTimeout: number
  /** Milliseconds that a request may take. @default 5 min */
  readonly longest?: number
}

/**
 * `GoogleCloudRunV2RevisionTemplate` of a service: what a rollout deploys, but for digests and model pins
 * (https://cloud.google.com/run/docs/reference/rest/v2/RevisionTemplate).
 */
export function serviceTemplate(props: RunTemplateProps, requests: Requests): Record<string, unknown> {
  const [first] = props.containers
  const { port, health, scale, startTimeout } = requests
  const cpu = first.size?.cpu ?? 1
  const seconds = Math.min(240, Math.max(10, Math.round(startTimeout / 1000)))
  const probe = health === undefined ? { tcpSocket: { port } } : { httpGet: { path: health, port } }
  return {
    ...common(props, {
      ports: [{ name: 'http1', containerPort: port }],
      // The shortest of all starts is seen soon, and the longest has its time.
      startupProbe: {
        ...probe,
        periodSeconds: 5,
        timeoutSeconds: 4,
        failureThreshold: Math.ceil(seconds / 5),
      },
      ...(health === undefined
        ? {}
        : { livenessProbe: { ...probe, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 3 } }),
    }),
    maxInstanceRequestConcurrency: cloudRunConcurrency(cpu),
    timeout: `${Math.min(3600, Math.round((requests.longest ?? 300_000) / 1000))}s`,
    scaling: { minInstanceCount: scale.min, maxInstanceCount: scale.max },
  }
}

/** `GoogleCloudRunV2WorkerPoolRevisionTemplate`: copies that take no requests and always have their CPU. */
export function poolTemplate(props: RunTemplateProps): Record<string, unknown> {
  return common(props, {})
}

/**
 * `GoogleCloudRunV2ExecutionTemplate`: one task
 * (https://cloud.google.com/run/docs/reference/rest/v2/ExecutionTemplate).
 */
export function jobTemplate(
  props: RunTemplateProps,
  { timeout, retries }: { /** Milliseconds. */ readonly timeout: number; readonly retries: number },
): Record<string, unknown> {
  const gpu = props.containers[0].gpu ?? 0
  return {
    taskCount: 1,
    parallelism: 1,
    template: {
      ...common(props, {}),
      timeout: `${Math.round(timeout / 1000)}s`,
      maxRetries: retries,
      ...(gpu === 0 ? {} : { nodeSelector: { accelerator: RUN_GPU }, gpuZonalRedundancyDisabled: true }),
    },
  }
}

/** The GPU of Cloud Run that needs no quota of its own; a container has one. */
const RUN_GPU = 'nvidia-l4'

/** Names are sorted, so that the order in sluice.yml changes nothing. */
function common(props: RunTemplateProps, first: Record<string, unknown>): Record<string, unknown> {
  const { account, containers, sockets = [], network } = props
  const mounts = sockets.length === 0 ? {} : { volumeMounts: [{ name: 'cloudsql', mountPath: '/cloudsql' }] }
  return {
    serviceAccount: account,
    containers: containers.map((container, index) => ({
      ...containerJson(container),
      ...(index === 0 ? { ...first, ...mounts } : {}),
    })),
    ...(sockets.length === 0
      ? {}
      : { volumes: [{ name: 'cloudsql', cloudSqlInstance: { instances: [...sockets].sort() } }] }),
    ...(network === undefined
      ? {}
      : {
          vpcAccess: {
            egress: 'PRIVATE_RANGES_ONLY',
            networkInterfaces: [
              { network: network.network, subnetwork: network.subnet, tags: [network.tag] },
            ],
          },
        }),
  }
}

function containerJson(container: RunContainer): Record<string, unknown> {
  const { name, image, command, environment, secrets, size, gpu = 0 } = container
  const limits = {
    ...(size === undefined ? {} : { cpu: cpuText(size.cpu), memory: `${size.memory / MIB}Mi` }),
    ...(gpu === 0 ? {} : { 'nvidia.com/gpu': String(gpu) }),
  }
  return {
    name,
    image,
    ...(command === undefined ? {} : { command: [...command] }),
    env: [
      ...sorted(environment).map(([key, value]) => ({ name: key, value })),
      ...sorted(secrets).map(([key, { secret, version = 'latest' }]) => ({
        name: key,
        valueSource: { secretKeyRef: { secret, version } },
      })),
    ],
    ...(Object.keys(limits).length === 0 ? {} : { resources: { limits } }),
  }
}

/** `500m`, `2`. */
const cpuText = (cpu: number): string => (Number.isInteger(cpu) ? String(cpu) : `${Math.round(cpu * 1000)}m`)

const sorted = <T>(record: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
