import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { IAM_TYPES } from '../../../cdktf/aws/bootstrap/escalation.ts'
import { NETWORK_TYPES } from '../../../cdktf/aws/bootstrap/network.ts'
import { POLICIES_LIMIT, POLICY_LIMIT, packed } from '../../../cdktf/aws/bootstrap/pack.ts'
import { SERVICES } from '../../../cdktf/aws/bootstrap/services.ts'
import { policyDocument } from '../../../cdktf/core/policy.ts'
import { synthesizer } from '../../../cdktf/index.ts'
import { loadSystem } from '../../../src/config/load.ts'
import type { Stack } from '../../../src/domain/stacks/synthesizer.ts'
import { nodeFiles } from '../../../src/runtime/node/files.ts'
import { golden, ofType, type Resources } from '../stack.ts'
import { made, permissions } from './made.ts'
import { allowed, type Call, type PolicyStatement, statementsOf } from './policy.ts'

const DIGEST = `registry/image@sha256:${'0'.repeat(64)}` as const
const STATE = 'arn:aws:s3:::sluice-state-222222222222-eu-west-1'
const OURS = { 'aws:ResourceTag/sluice:system': 'films', 'aws:ResourceTag/sluice:environment': 'production' }
const BOUNDARY = 'arn:aws:iam::222222222222:policy/sluice/bootstrap/films-production-boundary'
const iam = (name: string): string => `arn:aws:iam::222222222222:${name}`
const here = (service: string, name: string): string => `arn:aws:${service}:eu-west-1:222222222222:${name}`

test('the stack of bootstrap is the Terraform JSON of its golden file', async () => {
  const { stack } = await made('production')
  const { resource, terraform } = stack.json
  await expect(golden({ resource, terraform })).toMatchFileSnapshot(
    join(import.meta.dirname, '../golden/bootstrap-aws.golden.json'),
  )
})

type Case = readonly [what: string, call: Call]
const call = (action: string, resource: string, context: Call['context'] = {}): Call => ({
  action,
  resource,
  context,
})

const PLAN_MAY: readonly Case[] = [
  ['describe services', call('ecs:DescribeServices', here('ecs', 'service/films-production/api'))],
  ['describe networks', call('ec2:DescribeVpcs', '*')],
  [
    'read how a bucket is set',
    call('s3:GetBucketVersioning', 'arn:aws:s3:::films-production-models-222222222222'),
  ],
  ['read a role of the system', call('iam:GetRole', iam('role/films-production-api-program'))],
  ['read a state', call('s3:GetObject', `${STATE}/films/production/data.tfstate`)],
  ['write a lock', call('s3:PutObject', `${STATE}/films/production/data.tfstate.tflock`)],
  ['remove a lock', call('s3:DeleteObject', `${STATE}/films/production/data.tfstate.tflock`)],
  ['be told that a state is not there yet', call('s3:ListBucket', STATE)],
]

const PLAN_MAY_NOT: readonly Case[] = [
  ['write a state', call('s3:PutObject', `${STATE}/films/production/data.tfstate`)],
  ['remove a state', call('s3:DeleteObject', `${STATE}/films/production/data.tfstate`)],
  ['read a state of another environment', call('s3:GetObject', `${STATE}/films/staging/data.tfstate`)],
  ['lock a state of another system', call('s3:PutObject', `${STATE}/other/production/data.tfstate.tflock`)],
  ['read an object', call('s3:GetObject', 'arn:aws:s3:::films-production-models-222222222222/model.bin')],
  [
    'read a secret',
    call('secretsmanager:GetSecretValue', here('secretsmanager', 'secret:films/tmdb-AbCdEf')),
  ],
  ['read a row', call('dynamodb:GetItem', here('dynamodb', 'table/films-production-reviews'))],
  ['scan a table', call('dynamodb:Scan', here('dynamodb', 'table/films-production-reviews'))],
  ['take a message', call('sqs:ReceiveMessage', here('sqs', 'films-production-jobs'))],
  ['read logs', call('logs:GetLogEvents', here('logs', 'log-group:/ecs/films/api:log-stream:x'))],
  ['read a parameter', call('ssm:GetParameter', here('ssm', 'parameter/films'))],
  ['pull an image', call('ecr:BatchGetImage', here('ecr', 'repository/films-production/api'))],
  ['call a function', call('lambda:InvokeFunction', here('lambda', 'function:films-production-x'))],
  ['open a shell', call('ecs:ExecuteCommand', here('ecs', 'task/films-production/1'))],
  ['change a service', call('ecs:UpdateService', here('ecs', 'service/films-production/api'))],
  [
    'make a role',
    call('iam:CreateRole', iam('role/films-production-x'), { 'iam:PermissionsBoundary': BOUNDARY }),
  ],
  ['hand on a role', call('iam:PassRole', iam('role/films-production-x'))],
  ['take on another role', call('sts:AssumeRole', iam('role/sluice/bootstrap/films-production-apply'))],
]

const APPLY_MAY: readonly Case[] = [
  ['write a state', call('s3:PutObject', `${STATE}/films/production/data.tfstate`)],
  [
    'make a bucket of the environment',
    call('s3:CreateBucket', 'arn:aws:s3:::films-production-models-222222222222'),
  ],
  [
    'make a role with the boundary',
    call('iam:CreateRole', iam('role/films-production-api-program'), { 'iam:PermissionsBoundary': BOUNDARY }),
  ],
  [
    'write the policy of a role with the boundary',
    call('iam:PutRolePolicy', iam('role/films-production-api-program'), {
      'iam:PermissionsBoundary': BOUNDARY,
    }),
  ],
  [
    'hand a role of the system to a task',
    call('iam:PassRole', iam('role/films-production-api-program'), {
      'iam:PassedToService': 'ecs-tasks.amazonaws.com',
    }),
  ],
  [
    'make a network with its tags',
    call('ec2:CreateVpc', here('ec2', 'vpc/vpc-1'), {
      'aws:RequestTag/sluice:system': 'films',
      'aws:RequestTag/sluice:environment': 'production',
    }),
  ],
  ['remove its network', call('ec2:DeleteVpc', here('ec2', 'vpc/vpc-1'), OURS)],
  ['push an image', call('ecr:PutImage', here('ecr', 'repository/films-production/api'))],
  ['move a service', call('ecs:UpdateService', here('ecs', 'service/films-production/api'))],
]

const BOUNDARY_MAY: readonly Case[] = [
  [
    'tag a machine as it starts it',
    call('ec2:CreateTags', here('ec2', 'instance/i-1'), { 'ec2:CreateAction': 'RunInstances' }),
  ],
  ['end a machine of the environment', call('ec2:TerminateInstances', here('ec2', 'instance/i-1'), OURS)],
]

const BOUNDARY_MAY_NOT: readonly Case[] = [
  [
    'make the machine of somebody else take our commands, by a tag',
    call('ec2:CreateTags', here('ec2', 'instance/i-2'), { 'aws:RequestTag/sluice:system': 'films' }),
  ],
  [
    'open the network of somebody else by a firewall of ours',
    call('ec2:ModifyNetworkInterfaceAttribute', here('ec2', 'network-interface/eni-2')),
  ],
  [
    'end a machine of another environment',
    call('ec2:TerminateInstances', here('ec2', 'instance/i-2'), {
      'aws:ResourceTag/sluice:system': 'films',
      'aws:ResourceTag/sluice:environment': 'staging',
    }),
  ],
  ['read a state', call('s3:GetObject', `${STATE}/films/production/data.tfstate`)],
  [
    'make a role',
    call('iam:CreateRole', iam('role/films-production-x'), { 'iam:PermissionsBoundary': BOUNDARY }),
  ],
]

const APPLY_MAY_NOT: readonly Case[] = [
  ['make a role without a boundary', call('iam:CreateRole', iam('role/films-production-x'))],
  [
    'make a role with another boundary',
    call('iam:CreateRole', iam('role/films-production-x'), {
      'iam:PermissionsBoundary': iam('policy/loose'),
    }),
  ],
  [
    'make a role of another system',
    call('iam:CreateRole', iam('role/other-production-x'), { 'iam:PermissionsBoundary': BOUNDARY }),
  ],
  [
    'write the policy of a role without the boundary',
    call('iam:PutRolePolicy', iam('role/films-production-x')),
  ],
  [
    'attach a policy of AWS',
    call('iam:AttachRolePolicy', iam('role/films-production-x'), { 'iam:PermissionsBoundary': BOUNDARY }),
  ],
  ['take the boundary off', call('iam:DeleteRolePermissionsBoundary', iam('role/films-production-x'))],
  ['change the boundary', call('iam:CreatePolicyVersion', BOUNDARY)],
  [
    'change its own role',
    call('iam:PutRolePolicy', iam('role/sluice/bootstrap/films-production-apply'), {
      'iam:PermissionsBoundary': BOUNDARY,
    }),
  ],
  [
    'change whom its own role trusts',
    call('iam:UpdateAssumeRolePolicy', iam('role/sluice/bootstrap/films-production-apply')),
  ],
  [
    'hand on a role of somebody else',
    call('iam:PassRole', iam('role/administrator'), { 'iam:PassedToService': 'ec2.amazonaws.com' }),
  ],
  [
    'hand a role to a service that it does not use',
    call('iam:PassRole', iam('role/films-production-x'), { 'iam:PassedToService': 'glue.amazonaws.com' }),
  ],
  ['make a user', call('iam:CreateUser', iam('user/eve'))],
  ['trust another issuer', call('iam:CreateOpenIDConnectProvider', iam('oidc-provider/evil.example'))],
  ['write the state of bootstrap', call('s3:PutObject', `${STATE}/films/production/bootstrap.tfstate`)],
  ['write a state of another environment', call('s3:PutObject', `${STATE}/films/staging/data.tfstate`)],
  ['open the state bucket', call('s3:PutBucketPolicy', STATE)],
  ['remove the state bucket', call('s3:DeleteBucket', STATE)],
  [
    'read a secret of a service',
    call('secretsmanager:GetSecretValue', here('secretsmanager', 'secret:films/x')),
  ],
  ['remove the network of somebody else', call('ec2:DeleteVpc', here('ec2', 'vpc/vpc-2'))],
  [
    'make the network of somebody else its own by a tag',
    call('ec2:CreateTags', here('ec2', 'vpc/vpc-2'), { 'aws:RequestTag/sluice:system': 'films' }),
  ],
  [
    'remove a table of another system',
    call('dynamodb:DeleteTable', here('dynamodb', 'table/other-production-x')),
  ],
  [
    'work in another region',
    call('dynamodb:CreateTable', 'arn:aws:dynamodb:us-west-2:222222222222:table/films-production-x'),
  ],
]

const WHO = { plan: 'who plans', apply: 'who applies', boundary: 'a role of the system' } as const

describe.each([
  ['plan', PLAN_MAY, true],
  ['plan', PLAN_MAY_NOT, false],
  ['apply', APPLY_MAY, true],
  ['apply', APPLY_MAY_NOT, false],
  ['boundary', BOUNDARY_MAY, true],
  ['boundary', BOUNDARY_MAY_NOT, false],
] as const)('%s', (role, cases, expected) => {
  let statements: readonly PolicyStatement[] = []
  beforeAll(async () => {
    statements = await permissions(role)
  })
  test.each(cases)(`R12 ${WHO[role]} ${expected ? 'may' : 'may not'} %s`, (_, asked) => {
    expect(allowed(statements, asked)).toBe(expected)
  })
})

test('R12 the denials of the plan role hold whatever else is attached to it one day', async () => {
  const everything = [
    ...(await permissions('plan')),
    { Effect: 'Allow', Action: '*', Resource: '*' } as const,
  ]
  const data = PLAN_MAY_NOT.filter(([what]) => /^(read (an|a secret|a row)|scan|take|pull|open)/.test(what))
  expect(data.length).toBeGreaterThan(5)
  for (const [what, asked] of data) expect([what, allowed(everything, asked)]).toEqual([what, false])
})

test('no policy is longer, and no role has more of them, than IAM takes', async () => {
  const { stack } = await made('production')
  const policies = Object.entries((stack.json['resource'] as Resources)['aws_iam_policy'] ?? {})
  for (const [, { policy }] of policies) expect(String(policy).length).toBeLessThanOrEqual(POLICY_LIMIT)
  expect(policies.filter(([id]) => id.startsWith('apply-')).length).toBeLessThanOrEqual(POLICIES_LIMIT)
  const long = Array.from({ length: 30 }, (_, n) => ({
    actions: ['a:B'.padEnd(600, 'x')],
    resources: [`${n}`],
  }))
  const parts = packed(long)
  expect(parts.flat()).toEqual(long)
  for (const part of parts) expect(policyDocument(part).length).toBeLessThanOrEqual(POLICY_LIMIT)
})

describe('the stacks of every system on AWS', () => {
  const root = join(import.meta.dirname, '../../../examples')
  const stacks: Stack[] = []
  beforeAll(async () => {
    for (const name of readdirSync(root)) {
      const file = join(root, name, 'sluice.yml')
      const system = await loadSystem(nodeFiles, file, 'production', root).catch(() => undefined)
      if (system?.system.environment.cloud !== 'aws') continue
      const names = Object.keys(system.system.images)
      const images = Object.fromEntries(names.map((image) => [image, DIGEST] as const))
      const input = { system: system.system, images }
      stacks.push(...(await synthesizer.synthesize(input)))
    }
  })

  test('hold nothing that a refresh may not read', () => {
    const types = new Set(stacks.flatMap(({ json }) => Object.keys((json['resource'] ?? {}) as object)))
    const covered = [...Object.values(SERVICES).flatMap((row) => row.types)]
    const unknown = [...types].filter(
      (type) =>
        !covered.some((begins) => type.startsWith(begins)) &&
        !NETWORK_TYPES.some((begins) => type === begins || type.startsWith(`${begins}_`)) &&
        !IAM_TYPES.includes(type),
    )
    expect(types.size).toBeGreaterThan(20)
    expect(unknown).toEqual([])
  })

  test('R12 give every role the boundary', () => {
    const roles = Object.values(ofType(stacks, 'aws_iam_role'))
    expect(roles.length).toBeGreaterThan(3)
    for (const { permissions_boundary } of roles) {
      expect(permissions_boundary).toMatch(
        /^arn:aws:iam::\d{12}:policy\/sluice\/bootstrap\/[a-z0-9-]+-boundary$/,
      )
    }
  })

  test('give no role more than the boundary lets through', async () => {
    const limit = await permissions('boundary')
    const policies = Object.values(ofType(stacks, 'aws_iam_role_policy')).map(({ policy }) => String(policy))
    const actions = new Set(statementsOf(policies).flatMap(({ Action }) => Action))
    const context = {
      ...OURS,
      'iam:PassedToService': 'ec2.amazonaws.com',
      'aws:RequestedRegion': 'eu-west-1',
      'ec2:CreateAction': 'RunInstances',
    }
    const own: Readonly<Record<string, string>> = {
      'iam:PassRole': iam('role/films-production-x'),
      'ec2:TerminateInstances': here('ec2', 'instance/i-1'),
    }
    const cut = [...actions].filter((action) => {
      const resource = own[action] ?? 'arn:aws:x:::x'
      return !allowed(limit, { action, resource, context })
    })
    expect(actions.size).toBeGreaterThan(20)
    expect(cut).toEqual([])
  })
})
