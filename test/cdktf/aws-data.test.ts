import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FargateService } from '../../cdktf/aws/fargate-service.ts'
import { FargateTask } from '../../cdktf/aws/fargate-task.ts'
import { Firewall } from '../../cdktf/aws/firewall.ts'
import { LoadBalancer } from '../../cdktf/aws/load-balancer.ts'
import { LogArchive } from '../../cdktf/aws/log-archive.ts'
import { Network } from '../../cdktf/aws/network.ts'
import { Traffic } from '../../cdktf/aws/traffic.ts'
import type { SystemStack } from '../../cdktf/core/system-stack.ts'
import type { RolloutPolicy } from '../../src/domain/system/rollout-policy.ts'
import { alone, golden, ofType, one, stacks } from './stack.ts'

const ACCOUNT = { account: '222222222222', region: 'us-east-1' } as const
const SUBNETS = ['subnet-1', 'subnet-2']

const firewall = (stack: SystemStack): Firewall =>
  new Firewall(stack, 'wall', { name: 'wall', description: 'The wall', vpcId: 'vpc-1', out: true })
const archive = (stack: SystemStack): LogArchive =>
  new LogArchive(stack, 'logs', { ...ACCOUNT, name: 'films-test-sluice-logs-222222222222' })

/** A service behind the load balancer, rolled out by a strategy. */
const service = (stack: SystemStack, strategy: RolloutPolicy['strategy'], steps: RolloutPolicy['steps']) => {
  const task = new FargateTask(stack, 'task', {
    ...ACCOUNT,
    name: 'films-test-api',
    cpu: 0.5,
    memory: 2 ** 30,
    containers: [
      {
        name: 'api',
        image: '222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app:template',
        port: 8000,
        environment: { PORT: '8000' },
        secrets: {},
        stopTimeout: 30_000,
        essential: true,
      },
    ],
    logs: '/ecs/films/api',
    repositories: ['arn:aws:ecr:us-east-1:222222222222:repository/films-test/app'],
    secrets: [],
    statements: [],
  })
  return new FargateService(stack, 'service', {
    name: 'films-test-api',
    cluster: 'arn:aws:ecs:us-east-1:222222222222:cluster/films-test',
    task,
    container: 'api',
    port: 8000,
    scale: { min: 2, max: 6, cpu: 75 },
    subnetIds: SUBNETS,
    firewall: firewall(stack),
    namespace: 'arn:namespace',
    alias: 'api',
    rollout: { strategy, steps, bake: 90_000, startTimeout: 300_000 },
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
  })
}

const CASES: Readonly<Record<string, (stack: SystemStack) => void>> = {
  'fargate-service-blue-green': (stack) => void service(stack, 'blue-green', [100]),
  'fargate-service-linear': (stack) => void service(stack, 'linear', [20, 40, 60, 80, 100]),
  'log-archive': (stack) => void archive(stack),
  'network-logged': (stack) =>
    void new Network(stack, 'network', {
      name: 'films',
      region: 'us-east-1',
      cidr: '10.20.0.0/16',
      logs: archive(stack),
    }),
  'load-balancer-logged': (stack) =>
    void new LoadBalancer(stack, 'internet', {
      name: 'films',
      subnetIds: SUBNETS,
      firewall: firewall(stack),
      logs: archive(stack),
    }),
}

test.each(Object.keys(CASES))('%s is the Terraform JSON of its golden file', async (name) => {
  const build = CASES[name]
  if (build === undefined) throw new Error(`no case ${name}`)
  await expect(golden(alone(build))).toMatchFileSnapshot(
    join(import.meta.dirname, 'golden', `${name}.golden.json`),
  )
})

const MODELS = `
services:
  api: { image: app, port: 8000, health: /health, domain: api.films.example, model: taste }
  mlflow: { image: app, port: 5000 }
  jobs: { image: app }
buckets: { data: {} }
pipelines:
  taste:
    steps:
      train: { image: app, outputs: { model: data/model.json } }
      score: { image: app, needs: [train], inputs: { model: data/model.json }, outputs: { evaluation: data/e/ } }
models:
  taste:
    registry: mlflow
    evaluation: score
    artifact: train.model
    gate: { primary: { metric: f1, direction: higher, rule: superior, alpha: 0.05 } }
`

/** What the containers of a task are told. */
function told(definition: Record<string, unknown>): Record<string, string> {
  const [first] = JSON.parse(String(definition['container_definitions'])) as {
    environment: { name: string; value: string }[]
  }[]
  return Object.fromEntries((first?.environment ?? []).map(({ name, value }) => [name, value]))
}

describe('the registry of models', () => {
  test('is told to services as MLFLOW_TRACKING_URI, with a way to it', async () => {
    const all = await stacks(MODELS)
    const uri = (task: string) => told(one(all, 'aws_ecs_task_definition', task))['MLFLOW_TRACKING_URI']
    expect(uri('task-api')).toBe('http://mlflow:5000')
    expect(uri('task-jobs')).toBe('http://mlflow:5000')
    expect(uri('task-mlflow')).toBeUndefined()
    const rules = Object.keys(ofType(all, 'aws_vpc_security_group_ingress_rule')).join(' ')
    expect(rules).toContain('api-to-mlflow')
    expect(rules).toContain('jobs-to-mlflow')
  })

  test('is told to steps where its domain leads to it', async () => {
    const uri = async (text: string) =>
      told(one(await stacks(text), 'aws_ecs_task_definition', 'step-taste-train'))['MLFLOW_TRACKING_URI']
    expect(await uri(MODELS)).toBeUndefined()
    expect(await uri(MODELS.replace('port: 5000', 'port: 5000, domain: mlflow.films.example'))).toBe(
      'https://mlflow.films.example',
    )
    expect(await uri(MODELS.replace('registry: mlflow', 'registry: https://mlflow.example'))).toBe(
      'https://mlflow.example',
    )
  })

  test('is what the file itself says, where it says it', async () => {
    const all = await stacks(
      MODELS.replace('model: taste }', 'model: taste, env: { MLFLOW_TRACKING_URI: https://other.example } }'),
    )
    expect(told(one(all, 'aws_ecs_task_definition', 'task-api'))['MLFLOW_TRACKING_URI']).toBe(
      'https://other.example',
    )
  })
})

describe('who came and what was asked', () => {
  test('is kept: flows of the network, requests of the load balancer, in a bucket that only they write', async () => {
    const all = await stacks(MODELS)
    const bucket = 'films-test-sluice-logs-222222222222'
    expect(one(all, 'aws_flow_log')).toMatchObject({
      traffic_type: 'ALL',
      log_destination: `arn:aws:s3:::${bucket}/network/`,
    })
    expect(one(all, 'aws_lb')['access_logs']).toEqual({ bucket, prefix: 'balancer', enabled: true })
    const policy = JSON.parse(String(one(all, 'aws_s3_bucket_policy', 'logs_')['policy'])) as {
      Statement: { Effect: string; Principal: { Service?: string }; Resource: string[] }[]
    }
    const writers = policy.Statement.filter(({ Effect }) => Effect === 'Allow')
    expect(writers.map(({ Principal }) => Principal.Service)).toEqual([
      'logdelivery.elasticloadbalancing.amazonaws.com',
      'delivery.logs.amazonaws.com',
      'delivery.logs.amazonaws.com',
    ])
    for (const { Resource } of writers.slice(0, 2)) {
      expect(Resource).toEqual([expect.stringMatching(/\/AWSLogs\/222222222222\/\*$/)])
    }
  })
})
