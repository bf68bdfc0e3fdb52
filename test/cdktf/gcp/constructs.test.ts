import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SystemStack } from '../../../cdktf/core/system-stack.ts'
import { Alert } from '../../../cdktf/gcp/alert.ts'
import { Certificates } from '../../../cdktf/gcp/certificates.ts'
import { CloudRunJob } from '../../../cdktf/gcp/cloud-run-job.ts'
import { CloudRunService } from '../../../cdktf/gcp/cloud-run-service.ts'
import { Dashboard } from '../../../cdktf/gcp/dashboard.ts'
import { DomainName } from '../../../cdktf/gcp/domain-name.ts'
import { EnabledApis } from '../../../cdktf/gcp/enabled-apis.ts'
import { GpuWorker, type GpuWorkerProps } from '../../../cdktf/gcp/gpu-worker.ts'
import { ImageRepository } from '../../../cdktf/gcp/image-repository.ts'
import { LoadBalancer } from '../../../cdktf/gcp/load-balancer.ts'
import { allowOut, Network } from '../../../cdktf/gcp/network.ts'
import { grant } from '../../../cdktf/gcp/permission.ts'
import { RemoteRepository } from '../../../cdktf/gcp/remote-repository.ts'
import { RunNames } from '../../../cdktf/gcp/run-names.ts'
import {
  jobTemplate,
  poolTemplate,
  type RunContainer,
  serviceTemplate,
} from '../../../cdktf/gcp/run-template.ts'
import { ServiceAccount } from '../../../cdktf/gcp/service-account.ts'
import { WorkerPool } from '../../../cdktf/gcp/worker-pool.ts'
import { alone, golden } from '../stack.ts'

const GIB = 2 ** 30
const LOCATION = 'europe-west4'
const ACCOUNT = 'films@films-prod.iam.gserviceaccount.com'
const MEMBER = `serviceAccount:${ACCOUNT}`
const file = (name: string): string => join(import.meta.dirname, 'golden', `${name}.golden.json`)

const WORKER: GpuWorkerProps = {
  name: 'films-test-detector',
  location: LOCATION,
  gpu: 1,
  disk: 100 * GIB,
  labels: { 'sluice-worker': 'detector' },
  boot: {
    lifetime: 86_400_000,
    idleStop: 1_800_000,
    environment: { RAW_BUCKET: "films' raw" },
    secrets: { TOKEN: 'projects/films-prod/secrets/films-token' },
    work: { kind: 'script' },
  },
  script: 'assets/detector.sh',
  account: ACCOUNT,
  network: { network: 'films', subnet: 'films-europe', tag: 'films-test-detector' },
}

const CASES: Readonly<Record<string, (stack: SystemStack) => void>> = {
  'enabled-apis': (stack) => void new EnabledApis(stack, 'apis', ['run', 'compute']),
  network: (stack) => {
    const network = new Network(stack, 'network', { name: 'films', location: LOCATION, cidr: '10.20.0.0/16' })
    allowOut(stack, 'rule', {
      name: 'films-api-to-db',
      network: network.id,
      from: 'films-api',
      to: '10.64.0.2/32',
      port: 3307,
      why: 'api connects db',
    })
  },
  'network-nat': (stack) =>
    void new Network(stack, 'network', {
      name: 'films',
      location: LOCATION,
      cidr: '10.20.0.0/16',
      nat: 'single',
    }),
  'run-names': (stack) => void new RunNames(stack, 'names', { name: 'films', networkId: 'films' }),
  'image-repository': (stack) =>
    void new ImageRepository(stack, 'image', {
      name: 'films-test-api',
      image: 'api',
      project: 'films-prod',
      location: LOCATION,
    }),
  'remote-repository': (stack) => {
    const own = { image: 'mlflow', project: 'films-prod', location: LOCATION }
    void new RemoteRepository(stack, 'ghcr', {
      ...own,
      name: 'films-test-mlflow',
      upstream: { host: 'ghcr.io', repository: 'mlflow/mlflow' },
    })
    void new RemoteRepository(stack, 'hub', {
      ...own,
      name: 'films-test-airflow',
      upstream: { host: 'docker.io', repository: 'apache/airflow' },
    })
  },
  'service-account': (stack) =>
    void new ServiceAccount(stack, 'account', { name: 'a'.repeat(40), description: 'Service api' }),
  permissions: (stack) => {
    grant(stack, 'all-objects', MEMBER, { on: 'bucket', bucket: 'films-raw', may: 'write' })
    grant(stack, 'some-objects', MEMBER, { on: 'bucket', bucket: 'films-raw', may: 'read', prefix: 'a/' })
    grant(stack, 'secret', MEMBER, { on: 'secret', secret: 'projects/films-prod/secrets/token' })
    grant(stack, 'topic', MEMBER, { on: 'topic', topic: 'projects/films-prod/topics/uploaded' })
    grant(stack, 'service', MEMBER, { on: 'service', service: 'films-test-api', location: LOCATION })
    grant(stack, 'account', MEMBER, { on: 'account', account: 'projects/films-prod/serviceAccounts/a' })
    grant(stack, 'repository', MEMBER, { on: 'repository', repository: 'films-test-api', location: LOCATION })
    grant(stack, 'project', MEMBER, {
      on: 'project',
      project: 'films-prod',
      role: 'roles/cloudsql.client',
      only: { title: 'one server', expression: 'resource.name == "projects/films-prod/instances/db"' },
    })
  },
  'cloud-run-service': (stack) => {
    const props = { name: 'films-test-api', location: LOCATION, account: ACCOUNT }
    new CloudRunService(stack, 'inside', props)
    new CloudRunService(stack, 'balanced', { ...props, reach: 'load-balancer' })
    new CloudRunService(stack, 'open', { ...props, reach: 'internet' })
  },
  'cloud-run-job': (stack) =>
    void new CloudRunJob(stack, 'job', { name: 'films-test-p-a', location: LOCATION, account: ACCOUNT }),
  'worker-pool': (stack) =>
    void new WorkerPool(stack, 'pool', { name: 'films-test-queue', location: LOCATION, account: ACCOUNT }),
  'gpu-worker': (stack) => void new GpuWorker(stack, 'worker', WORKER),
  'gpu-worker-spot-image': (stack) => {
    const { script: _, ...rest } = WORKER
    new GpuWorker(stack, 'worker', {
      ...rest,
      spot: true,
      publicAddress: true,
      boot: {
        ...WORKER.boot,
        work: {
          kind: 'image',
          pin: { bucket: 'films-ledger', object: 'workers/detector' },
          registry: 'europe-west4-docker.pkg.dev',
          command: ['python', 'detect.py'],
          gpu: true,
        },
      },
    })
  },
  certificates: (stack) =>
    void new Certificates(stack, 'certificates', {
      name: 'films-test',
      domains: ['api.films.example', 'films.example'],
      zone: 'films-example',
    }),
  'load-balancer': (stack) =>
    void new LoadBalancer(stack, 'internet', {
      name: 'films-test',
      location: LOCATION,
      backends: [
        { name: 'api', service: 'films-test-api', domain: 'api.films.example' },
        { name: 'web', service: 'films-test-web', domain: 'films.example' },
      ],
      certificates: '//certificatemanager.googleapis.com/films-test',
    }),
  'domain-name': (stack) =>
    void new DomainName(stack, 'name', {
      domain: 'api.films.example',
      zone: 'films-example',
      address: '203.0.113.1',
    }),
  alert: (stack) =>
    void new Alert(stack, 'alert', {
      name: 'films-test-api-5xx',
      description: 'Service api answers with errors',
      filter: 'metric.type="run.googleapis.com/request_count"',
      align: 'ALIGN_DELTA',
      reduce: 'REDUCE_SUM',
      above: 5,
    }),
  dashboard: (stack) =>
    void new Dashboard(stack, 'dashboard', {
      name: 'films-test',
      charts: {
        CPU: { filter: 'metric.type="a"', align: 'ALIGN_MEAN', by: 'resource.label.service_name' },
        Latency: {
          filter: 'metric.type="b"',
          align: 'ALIGN_PERCENTILE_99',
          by: 'resource.label.service_name',
        },
        Errors: { filter: 'metric.type="c"', align: 'ALIGN_RATE', by: 'resource.label.service_name' },
      },
    }),
}

test.each(Object.keys(CASES))('%s is the Terraform JSON of its golden file', async (name) => {
  const build = CASES[name]
  if (build === undefined) throw new Error(`no case ${name}`)
  await expect(golden(alone(build))).toMatchFileSnapshot(file(name))
})

const CONTAINER: RunContainer = {
  name: 'api',
  image: 'europe-west4-docker.pkg.dev/films-prod/films-test-app/app:template',
  environment: { LEVEL: 'info', A: 'b' },
  secrets: { TOKEN: { secret: 'projects/films-prod/secrets/films-token' } },
  size: { cpu: 0.5, memory: GIB },
}

test('what rollouts and runs deploy is the JSON of its golden file', async () => {
  const network = { network: 'films', subnet: 'films-europe', tag: 'films-test-api' }
  const props = { account: ACCOUNT, containers: [CONTAINER] as const }
  const requests = { port: 8000, scale: { min: 1, max: 3 }, startTimeout: 300_000 }
  const templates = {
    service: serviceTemplate(
      { ...props, network, sockets: ['films-prod:europe-west4:b', 'films-prod:europe-west4:a'] },
      { ...requests, health: '/health' },
    ),
    sidecar: serviceTemplate(
      {
        account: ACCOUNT,
        containers: [
          { ...CONTAINER, size: { cpu: 2, memory: GIB } },
          {
            name: 'metrics',
            image: 'app:template',
            environment: {},
            secrets: {},
            command: ['node', 'metrics.ts'],
          },
        ],
      },
      { ...requests, longest: 600_000 },
    ),
    pool: poolTemplate(props),
    job: jobTemplate(props, { timeout: 3_600_000, retries: 2 }),
    gpu: jobTemplate(
      { account: ACCOUNT, containers: [{ ...CONTAINER, gpu: 1 }] },
      { timeout: 60_000, retries: 0 },
    ),
  }
  await expect(golden(templates)).toMatchFileSnapshot(file('run-template'))
})

test('a machine with an odd number of GPUs is refused with what to write', () => {
  expect(() => alone((stack) => void new GpuWorker(stack, 'worker', { ...WORKER, gpu: 3 }))).toThrow(
    'no machine of Google Cloud has 3 GPUs',
  )
})
