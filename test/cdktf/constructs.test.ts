import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Alarm } from '../../cdktf/aws/alarm.ts'
import { BatchJob } from '../../cdktf/aws/batch-job.ts'
import { BatchQueue } from '../../cdktf/aws/batch-queue.ts'
import { Dashboard } from '../../cdktf/aws/dashboard.ts'
import { FargateService } from '../../cdktf/aws/fargate-service.ts'
import { FargateTask, type FargateTaskProps } from '../../cdktf/aws/fargate-task.ts'
import { allow, Firewall } from '../../cdktf/aws/firewall.ts'
import { ServedFunction } from '../../cdktf/aws/function.ts'
import { GpuWorker, type GpuWorkerProps } from '../../cdktf/aws/gpu-worker.ts'
import { HttpApi } from '../../cdktf/aws/http-api.ts'
import { ImageRepository } from '../../cdktf/aws/image-repository.ts'
import { KeyValueTable } from '../../cdktf/aws/key-value-table.ts'
import { Certificate, LoadBalancer } from '../../cdktf/aws/load-balancer.ts'
import { MachineTask } from '../../cdktf/aws/machine-task.ts'
import { MessageTopic } from '../../cdktf/aws/message-topic.ts'
import { Network } from '../../cdktf/aws/network.ts'
import { PostgresDatabase } from '../../cdktf/aws/postgres-database.ts'
import { Role } from '../../cdktf/aws/role.ts'
import { StorageBucket } from '../../cdktf/aws/storage-bucket.ts'
import { TaskKiller } from '../../cdktf/aws/task-killer.ts'
import { TaskMachines } from '../../cdktf/aws/task-machines.ts'
import { Traffic } from '../../cdktf/aws/traffic.ts'
import { ValkeyCache } from '../../cdktf/aws/valkey-cache.ts'
import type { SystemStack } from '../../cdktf/core/system-stack.ts'
import { alone, golden } from './stack.ts'

const ACCOUNT = { account: '222222222222', region: 'us-east-1' } as const
const SUBNETS = ['subnet-1', 'subnet-2']
const firewall = (stack: SystemStack, name = 'wall'): Firewall =>
  new Firewall(stack, name, { name, description: `The ${name}`, vpcId: 'vpc-1', out: true })

const TASK: FargateTaskProps = {
  ...ACCOUNT,
  name: 'films-test-api',
  cpu: 0.5,
  memory: 2 ** 30,
  containers: [
    {
      name: 'api',
      image: '222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app:template',
      port: 8000,
      environment: { PORT: '8000', LEVEL: 'info' },
      secrets: { TOKEN: 'arn:aws:secretsmanager:us-east-1:222222222222:secret:films/token' },
      stopTimeout: 30_000,
      essential: true,
    },
  ],
  logs: '/ecs/films/api',
  repositories: ['arn:aws:ecr:us-east-1:222222222222:repository/films-test/app'],
  secrets: ['arn:aws:secretsmanager:us-east-1:222222222222:secret:films/token-??????'],
  statements: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::films/*'] }],
}

const PLAIN: Omit<GpuWorkerProps, 'firewall'> = {
  ...ACCOUNT,
  name: 'films-test-detector',
  gpu: 1,
  disk: 100 * 2 ** 30,
  tags: { 'sluice:worker': 'detector' },
  boot: {
    region: 'us-east-1',
    lifetime: 86_400_000,
    idleStop: 1_800_000,
    environment: { RAW_BUCKET: "films' raw" },
    secrets: { TOKEN: { id: 'films/token' }, DB_PASSWORD: { id: 'arn:db', key: 'password' } },
    work: { kind: 'script' },
  },
  subnetId: 'subnet-1',
  statements: [],
}
const WORKER = { ...PLAIN, script: 'assets/detector.sh' }

const CASES: Readonly<Record<string, (stack: SystemStack) => void>> = {
  network: (stack) =>
    void new Network(stack, 'network', { name: 'films', region: 'us-east-1', cidr: '10.20.0.0/16' }),
  'network-nat': (stack) =>
    void new Network(stack, 'network', {
      name: 'films',
      region: 'us-east-1',
      cidr: '10.20.0.0/16',
      nat: 'per-zone',
    }),
  firewall: (stack) =>
    allow(stack, 'rule', { from: firewall(stack, 'a'), to: firewall(stack, 'b'), port: 5432, why: 'a to b' }),
  role: (stack) =>
    void new Role(stack, 'role', {
      name: 'r'.repeat(70),
      service: 'ecs-tasks.amazonaws.com',
      account: ACCOUNT.account,
      statements: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::films/*'] }],
    }),
  'image-repository': (stack) => void new ImageRepository(stack, 'image', { name: 'films-test/api' }),
  'storage-bucket': (stack) => void new StorageBucket(stack, 'bucket', { name: 'films-raw' }),
  'storage-bucket-expiring': (stack) =>
    void new StorageBucket(stack, 'bucket', {
      name: 'films-raw',
      versioned: true,
      expire: 60 * 86_400_000,
      protect: false,
    }),
  'postgres-database': (stack) =>
    void new PostgresDatabase(stack, 'db', {
      name: 'films-test-db',
      version: '16.4',
      storage: 30 * 2 ** 30,
      database: 'films',
      subnetIds: SUBNETS,
      securityGroupId: 'sg-1',
    }),
  'key-value-table': (stack) =>
    void new KeyValueTable(stack, 'table', {
      name: 'films-entities',
      attributes: { movieId: 'string', at: 'number', genre: 'string' },
      key: { partition: 'movieId', sort: 'at' },
      indexes: { 'by-genre': { partition: 'genre', sort: 'at' } },
    }),
  'valkey-cache': (stack) =>
    void new ValkeyCache(stack, 'cache', { name: 'films', subnetIds: SUBNETS, securityGroupId: 'sg-1' }),
  'message-topic': (stack) =>
    void new MessageTopic(stack, 'topic', { name: 'films-uploaded', ackDeadline: 60_000, retries: 5 }),
  'load-balancer': (stack) =>
    void new LoadBalancer(stack, 'internet', {
      name: 'films-of-an-environment-with-a-long-name',
      subnetIds: SUBNETS,
      firewall: firewall(stack),
      certificate: new Certificate(stack, 'certificate', {
        domains: ['api.films.example', 'films.example'],
        zoneId: 'Z1',
      }),
    }),
  'fargate-task': (stack) => void new FargateTask(stack, 'task', TASK),
  'fargate-service': (stack) =>
    void new FargateService(stack, 'service', {
      name: 'films-test-api',
      cluster: 'arn:aws:ecs:us-east-1:222222222222:cluster/films-test',
      task: new FargateTask(stack, 'task', TASK),
      container: 'api',
      port: 8000,
      scale: { min: 1, max: 6, cpu: 75 },
      subnetIds: SUBNETS,
      firewall: firewall(stack),
      namespace: 'arn:namespace',
      alias: 'api',
      rollout: { strategy: 'canary', steps: [10, 100], bake: 90_000, startTimeout: 300_000 },
      traffic: new Traffic(stack, 'traffic', {
        name: 'films-test-api',
        vpcId: 'vpc-1',
        account: ACCOUNT.account,
        listenerArn: 'arn:listener',
        port: 8000,
        health: '/health',
        domain: 'api.films.example',
        drain: 30_000,
        shifts: true,
      }),
    }),
  'fargate-service-rolling': (stack) =>
    void new FargateService(stack, 'service', {
      name: 'films-test-worker',
      cluster: 'arn:aws:ecs:us-east-1:222222222222:cluster/films-test',
      task: new FargateTask(stack, 'task', TASK),
      container: 'api',
      scale: { min: 1, max: 1 },
      subnetIds: SUBNETS,
      firewall: firewall(stack),
      namespace: 'arn:namespace',
      alias: 'worker',
      rollout: { strategy: 'canary', steps: [10, 100], bake: 90_000, startTimeout: 300_000 },
    }),
  function: (stack) =>
    void new ServedFunction(stack, 'function', {
      ...ACCOUNT,
      name: 'films-test-upload',
      code: { kind: 'zip', path: 'assets/upload.zip', handler: 'index.handler', runtime: 'nodejs22.x' },
      memory: 256 * 2 ** 20,
      timeout: 30_000,
      environment: { EXPIRES: '900' },
      statements: [],
      network: { subnetIds: SUBNETS, securityGroupIds: ['sg-1'] },
    }),
  'http-api': (stack) => {
    const api = new HttpApi(stack, 'api', { name: 'films-test-uploads', cors: true })
    const to = new ServedFunction(stack, 'function', {
      ...ACCOUNT,
      name: 'films-test-upload',
      code: { kind: 'image', reference: 'repository@sha256:0' },
      memory: 256 * 2 ** 20,
      timeout: 30_000,
      environment: {},
      statements: [],
    })
    api.route('PUT /{bucket}/{folder}/{filename}', to)
    api.route('GET /get-video', to)
  },
  'gpu-worker': (stack) => void new GpuWorker(stack, 'worker', { ...WORKER, firewall: firewall(stack) }),
  'gpu-worker-spot-image': (stack) =>
    void new GpuWorker(stack, 'worker', {
      ...PLAIN,
      firewall: firewall(stack),
      spot: true,
      boot: {
        ...PLAIN.boot,
        work: { kind: 'image', image: { parameter: '/sluice/films/test/workers/detector/image' }, gpu: true },
      },
    }),
  'task-killer': (stack) =>
    void new TaskKiller(stack, 'killer', {
      ...ACCOUNT,
      name: 'films-test-task-killer',
      cluster: 'films-test',
      tags: { 'sluice:system': 'films', 'sluice:environment': 'test' },
    }),
  'machine-task': (stack) => void new MachineTask(stack, 'task', { ...TASK, gpu: 1 }),
  'task-machines': (stack) =>
    void new TaskMachines(stack, 'machines', {
      ...ACCOUNT,
      name: 'films-test-p-train',
      cluster: 'films-test',
      machine: 'g5.xlarge',
      gpu: 1,
      disk: 100 * 2 ** 30,
      timeout: 7_200_000,
      tags: { 'sluice:step': 'p.train' },
      subnetIds: SUBNETS,
      firewall: firewall(stack),
      publicAddress: true,
    }),
  'batch-queue': (stack) =>
    void new BatchQueue(stack, 'queue', {
      name: 'films-test-train',
      account: ACCOUNT.account,
      machines: ['g5.xlarge'],
      spot: true,
      subnetIds: SUBNETS,
      firewall: firewall(stack),
    }),
  'batch-job-multi-node': (stack) =>
    void new BatchJob(stack, 'job', {
      ...ACCOUNT,
      name: 'films-test-train',
      image: 'registry/app:template',
      command: ['python', 'train.py'],
      cpu: 4,
      memory: 16 * 2 ** 30,
      gpu: 1,
      nodes: 2,
      timeout: 7_200_000,
      retries: 2,
      environment: { A: 'b' },
      secrets: { TOKEN: 'arn:secret' },
      repositories: ['arn:repository'],
      statements: [],
      logs: '/pipelines/films/train',
    }),
  dashboard: (stack) =>
    void new Dashboard(stack, 'dashboard', {
      name: 'films-test',
      region: 'us-east-1',
      charts: {
        CPU: `SEARCH('{AWS/ECS,ClusterName} MetricName="CPUUtilization"', 'Average', 60)`,
        Memory: `SEARCH('{AWS/ECS,ClusterName} MetricName="MemoryUtilization"', 'Average', 60)`,
        Storage: `SEARCH('{AWS/RDS} MetricName="FreeStorageSpace"', 'Average', 60)`,
      },
    }),
  alarm: (stack) =>
    void new Alarm(stack, 'alarm', {
      name: 'films-test-api-5xx',
      description: 'Errors',
      namespace: 'AWS/ApplicationELB',
      metric: 'HTTPCode_Target_5XX_Count',
      dimensions: [
        { LoadBalancer: 'app/films/1', TargetGroup: 'targetgroup/blue/1' },
        { LoadBalancer: 'app/films/1', TargetGroup: 'targetgroup/green/1' },
      ],
      statistic: 'Sum',
      above: 5,
    }),
}

test.each(Object.keys(CASES))('%s is the Terraform JSON of its golden file', async (name) => {
  const build = CASES[name]
  if (build === undefined) throw new Error(`no case ${name}`)
  await expect(golden(alone(build))).toMatchFileSnapshot(
    join(import.meta.dirname, 'golden', `${name}.golden.json`),
  )
})

test('a machine with an odd number of GPUs is refused with what to write', () => {
  expect(() =>
    alone((stack) => void new GpuWorker(stack, 'worker', { ...WORKER, gpu: 3, firewall: firewall(stack) })),
  ).toThrow('no machine type has 3 GPUs: write workers.<name>.machine')
})
