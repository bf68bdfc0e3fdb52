import { expect, test } from 'vitest'
import { POLICIES_LIMIT } from '../../../cdktf/aws/bootstrap/pack.ts'
import type { Resources } from '../stack.ts'
import { made, permissions } from './made.ts'
import { allowed, type Call } from './policy.ts'

const STATES = 'arn:aws:s3:::sluice-state-222222222222-eu-west-1/films'
const here = (service: string, name: string): string => `arn:aws:${service}:eu-west-1:222222222222:${name}`
const tagged = (environment: string) => ({
  'aws:ResourceTag/sluice:system': 'films',
  'aws:ResourceTag/sluice:environment': environment,
})

const call = (action: string, resource: string, context: Call['context'] = {}): Call => ({
  action,
  resource,
  context,
})
type Case = readonly [what: string, call: Call]
const OF_PREVIEWS: readonly Case[] = [
  ['make its repositories', call('ecr:CreateRepository', here('ecr', 'repository/films-pr-123/api'))],
  ['push its images', call('ecr:PutImage', here('ecr', 'repository/films-pr-123/api'))],
  ['make its cluster', call('ecs:CreateCluster', here('ecs', 'cluster/films-pr-123'))],
  ['move its services', call('ecs:UpdateService', here('ecs', 'service/films-pr-123/api'))],
  ['empty its buckets', call('s3:DeleteObjectVersion', 'arn:aws:s3:::films-pr-123-raw-222222222222/x')],
  ['remove its network', call('ec2:DeleteVpc', here('ec2', 'vpc/vpc-1'), tagged('pr-123'))],
  ['write its states', call('s3:PutObject', `${STATES}/pr/preview-123/data.tfstate`)],
  ['remove its states', call('s3:DeleteObject', `${STATES}/pr/preview-123/data.tfstate`)],
  ['remove its locks', call('s3:DeleteObject', `${STATES}/pr/preview-123/data.tfstate.tflock`)],
]
const NEVER: readonly Case[] = [
  ['touch services of others', call('ecs:UpdateService', here('ecs', 'service/films-production/api'))],
  ['touch a system of a longer name', call('ecs:UpdateService', here('ecs', 'service/films-prod/api'))],
  ['remove a network of others', call('ec2:DeleteVpc', here('ec2', 'vpc/vpc-1'), tagged('production'))],
  ['write states of others', call('s3:PutObject', `${STATES}/production/data.tfstate`)],
  ['remove states of others', call('s3:DeleteObject', `${STATES}/production/data.tfstate`)],
  ['remove states of what they are made like', call('s3:DeleteObject', `${STATES}/pr/data.tfstate`)],
  ['remove what bootstrap knows', call('s3:DeleteObject', `${STATES}/pr/bootstrap.tfstate`)],
  ['write what bootstrap knows', call('s3:PutObject', `${STATES}/pr/bootstrap.tfstate`)],
]

test.each(OF_PREVIEWS)('R12 the role of an environment with previews may %s', async (_, asked) => {
  expect(allowed(await permissions('apply', 'pr'), asked)).toBe(true)
})

test.each(NEVER)('R12 the role of an environment with previews may never %s', async (_, asked) => {
  expect(allowed(await permissions('apply', 'pr'), asked)).toBe(false)
})

test('R12 the killers of a preview end its machines, and those of nobody else', async () => {
  const limit = await permissions('boundary', 'pr')
  const ends = (environment: string): boolean =>
    allowed(limit, {
      action: 'ec2:TerminateInstances',
      resource: here('ec2', 'instance/i-1'),
      context: tagged(environment),
    })
  expect(['pr-123', 'pr', 'production'].map(ends)).toEqual([true, true, false])
})

test('R12 an environment without previews reaches no state of another, and removes none of its own', async () => {
  const statements = await permissions('apply')
  const states = ['production/data.tfstate', 'production/preview-1/data.tfstate', 'pr/data.tfstate']
  const removes = states.map((key) =>
    allowed(statements, { action: 's3:DeleteObject', resource: `${STATES}/${key}`, context: {} }),
  )
  expect(removes).toEqual([false, false, false])
  const vpc = { action: 'ec2:DeleteVpc', resource: here('ec2', 'vpc/vpc-1'), context: tagged('production-1') }
  expect(allowed(statements, vpc)).toBe(false)
})

test('R12 the role that plans changes nothing of a preview', async () => {
  const statements = await permissions('plan', 'pr')
  const may = OF_PREVIEWS.filter(([what]) => what !== 'remove its locks').filter(([, asked]) =>
    allowed(statements, asked),
  )
  expect(may).toEqual([])
})

test('the policies of a role with previews are as many as IAM takes', async () => {
  const { stack } = await made('pr')
  const attached = Object.keys((stack.json['resource'] as Resources)['aws_iam_role_policy_attachment'] ?? {})
  expect(attached.filter((id) => id.startsWith('apply')).length).toBeLessThanOrEqual(POLICIES_LIMIT)
})
