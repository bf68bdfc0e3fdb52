import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { machineOf } from '../../cdktf/aws/compile/sagemaker-step.ts'
import { digestOf, imageReference } from '../../src/domain/digest.ts'
import { RUN_MARK } from '../../src/domain/jobs/boot.ts'
import { ofType, one, stacks } from './stack.ts'
import { targetsOf } from './targets.ts'

const EXAMPLE = readFileSync(join(import.meta.dirname, '../../sluice.example.yml'), 'utf8')
const REPOSITORY = '222222222222.dkr.ecr.us-east-1.amazonaws.com/films-test/app'
const BUILT = { app: imageReference(REPOSITORY, digestOf('app')) }
const step = (more: string): string => `
databases: { db: {} }
buckets: { raw: {} }
pipelines:
  p: { steps: { train: { image: app, ${more}, outputs: { model: raw/model/ }, secrets: { HUB: films/hub } } } }
`
const HEAD_OF_IRELAND = `system: films
environments:
  test: { cloud: aws, region: eu-west-1, account: "222222222222", zone: films.example, cidr: 10.20.0.0/16 }
images: { app: { context: app } }
`
const boot = (all: Awaited<ReturnType<typeof stacks>>): string =>
  all.flatMap(({ json }) => Object.values((json['locals'] ?? {}) as Record<string, string>)).join('\n')

describe('R22 no plan changes with a build', () => {
  test.each(['engine: ec2', 'engine: batch', 'engine: sagemaker', 'engine: ecs'])(
    'R22 of a step with %s',
    async (engine) => {
      const [before, after] = [await stacks(step(engine)), await stacks(step(engine), 'test', BUILT)]
      expect(JSON.stringify(after)).toBe(JSON.stringify(before))
    },
  )

  test('R22 of a worker: it looks up at boot which image was released', async () => {
    const text = 'workers: { detector: { image: app, gpu: 0 } }'
    const [before, after] = [await stacks(text), await stacks(text, 'test', BUILT)]
    expect(JSON.stringify(after)).toBe(JSON.stringify(before))
    const name = '/sluice/films/test/workers/detector/image'
    expect(one(after, 'aws_ssm_parameter')).toMatchObject({
      name,
      insecure_value: `${REPOSITORY}:template`,
      lifecycle: { ignore_changes: ['value', 'insecure_value', 'version'] },
    })
    expect(boot(after)).toContain(`image=$(aws ssm get-parameter --name '${name}'`)
    expect(boot(after)).not.toContain(REPOSITORY)
    expect(targetsOf(after).workers['detector']).toMatchObject({ image: name })
    const permissions = JSON.stringify(ofType(after, 'aws_iam_role_policy'))
    expect(permissions).toContain(`parameter${name}`)
  })

  test('R22 of the example: but for the first image of a function, which plans ignore, nothing differs', async () => {
    const images = Object.fromEntries(
      ['api', 'training', 'mlflow'].map((name) => [
        name,
        imageReference(`registry.example/${name}`, digestOf(name)),
      ]),
    )
    const [before, after] = [await stacks(EXAMPLE, 'production'), await stacks(EXAMPLE, 'production', images)]
    const started = one(after, 'aws_lambda_function', 'function-start-worker')
    expect(started['lifecycle']).toEqual({ ignore_changes: ['image_uri'] })
    const plain = (all: typeof before): string => JSON.stringify(all).replace(/"image_uri":"[^"]*"/g, '')
    expect(plain(after)).toBe(plain(before))
  })
})

describe('a step on a machine of its own', () => {
  test('has a template that a run fills, and may pull its image and read its secrets', async () => {
    const all = await stacks(step('engine: ec2, gpu: 0'))
    expect(boot(all)).toContain(`${RUN_MARK}\nimage='${REPOSITORY}:template'`)
    expect(targetsOf(all).jobs['p.train']).toMatchObject({
      kind: 'ec2-worker',
      template: `${REPOSITORY}:template`,
    })
    const policy = JSON.stringify(one(all, 'aws_iam_role_policy', 'step-p-train_program'))
    for (const action of [
      'ecr:GetAuthorizationToken',
      'ecr:BatchGetImage',
      'secretsmanager:GetSecretValue',
    ]) {
      expect(policy).toContain(action)
    }
  })
})

describe('R32 a run finds in targets.json all that it starts a machine with', () => {
  test('zones, machines that are alike, the killer, and a place for checkpoints', async () => {
    const all = await stacks(step('engine: ec2, gpu: 1, spot: true'))
    expect(targetsOf(all).jobs['p.train']).toMatchObject({
      machines: ['g5.xlarge', 'g6.xlarge'],
      spot: true,
      subnets: { length: 2 },
      securityGroups: { length: 1 },
      killer: {
        schedule: 'films-test-p-train-killer',
        machine: expect.stringContaining('aws_sfn_state_machine.'),
        role: expect.stringContaining('aws_iam_role.'),
      },
      checkpoints: 's3://films-test-raw-222222222222/.sluice/checkpoints/p.train/',
    })
    // What a template asks for, no request can take back: a run falls back to machines on demand.
    expect(one(all, 'aws_launch_template')['instance_market_options']).toBeUndefined()
    expect(one(all, 'aws_cloudwatch_log_group', 'step-p-train-logs')['name']).toBe('/pipelines/films/p/train')
    const policy = JSON.stringify(one(all, 'aws_iam_role_policy', 'step-p-train_program'))
    expect(policy).toContain('films-test-raw-222222222222/.sluice/checkpoints/*')
  })

  test('a region that lacks a machine is not offered it', async () => {
    const all = await stacks(step('engine: ec2, gpu: 1').replace(/^/, HEAD_OF_IRELAND))
    expect(targetsOf(all).jobs['p.train']).toMatchObject({ machines: ['g5.xlarge'] })
  })
})

describe('a step on several nodes', () => {
  test('has a firewall whose members reach each other; a step on one node does not', async () => {
    const rules = async (more: string) =>
      Object.values(ofType(await stacks(step(more)), 'aws_vpc_security_group_ingress_rule')).filter(
        (rule) => rule['ip_protocol'] === '-1',
      )
    const [rule, ...others] = await rules('engine: batch, nodes: 2')
    expect(others).toEqual([])
    expect(rule?.['referenced_security_group_id']).toBe(rule?.['security_group_id'])
    expect(await rules('engine: batch')).toEqual([])
  })
})

describe('a step on SageMaker', () => {
  test('has all in targets.json that a training job is started with', async () => {
    const all = await stacks(step('engine: sagemaker, gpu: 1, nodes: 2, spot: true'))
    expect(targetsOf(all).jobs['p.train']).toEqual({
      kind: 'sagemaker-training',
      region: 'us-east-1',
      role: expect.stringContaining('aws_iam_role.step-p-train'),
      machine: 'ml.g5.xlarge',
      machines: 2,
      disk: 100,
      spot: true,
      output: 's3://films-test-ledger-222222222222/sagemaker/p.train',
      environment: {
        AWS_REGION: 'us-east-1',
        HUB_SECRET: 'arn:aws:secretsmanager:us-east-1:222222222222:secret:films/hub',
      },
      subnets: [],
      securityGroups: [],
    })
  })

  test('writes to the group that SageMaker has for all jobs, and leaves what is its own beside the ledger', async () => {
    const all = await stacks(step('engine: sagemaker'))
    expect(targetsOf(all).logs['p.train']).toBe('cloudwatch:us-east-1:/aws/sagemaker/TrainingJobs')
    const policy = JSON.stringify(one(all, 'aws_iam_role_policy', 'step-p-train'))
    expect(policy).toContain('films-test-ledger-222222222222/sagemaker/p.train/*')
  })

  test('is in the network where it connects a database, and may be there', async () => {
    const all = await stacks(step('engine: sagemaker, connects: [db]'))
    const target = targetsOf(all).jobs['p.train']
    expect(target).toMatchObject({
      kind: 'sagemaker-training',
      subnets: { length: 2 },
      securityGroups: { length: 1 },
    })
    const policy = JSON.stringify(one(all, 'aws_iam_role_policy', 'step-p-train'))
    expect(policy).toContain('ec2:CreateNetworkInterface')
    expect(policy).toContain('secretsmanager:GetSecretValue')
  })

  test.each([
    [{ gpu: 0, size: { cpu: 1, memory: 2 ** 31 } }, 'ml.m5.large'],
    [{ gpu: 0, size: { cpu: 4, memory: 60 * 2 ** 30 } }, 'ml.m5.4xlarge'],
    [{ gpu: 2, size: { cpu: 1, memory: 2 ** 31 } }, 'ml.g5.12xlarge'],
    [{ gpu: 1, machine: 'p4d.24xlarge', size: { cpu: 1, memory: 2 ** 31 } }, 'ml.p4d.24xlarge'],
    [{ gpu: 1, machine: 'ml.p3.2xlarge', size: { cpu: 1, memory: 2 ** 31 } }, 'ml.p3.2xlarge'],
  ])('takes the machine that %o asks for: %s', (asked, machine) => {
    expect(machineOf(asked)).toBe(machine)
  })
})
