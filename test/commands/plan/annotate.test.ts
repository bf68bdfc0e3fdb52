import { expect, test } from 'vitest'
import type { Report, World } from '../../../src/commands/command.ts'
import { annotateChanges } from '../../../src/commands/plan/annotate.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import type { PlanFile } from '../../../src/domain/plans/plan.ts'
import { readPlan } from '../../../src/plan/read.ts'
import { fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { planDocument, resourceChange } from '../../plan/document.ts'

const CONFIG = `system: shop
environments:
  production: { cloud: aws, account: "222222222222", region: us-east-1 }
buckets:
  raw: {}
  kept: {}
  fresh: {}
`

test('what a plan does stands beside the lines of sluice.yml, the loudest first', async () => {
  const changes = [
    resourceChange('aws_s3_bucket.bucket-fresh', ['create']),
    resourceChange('aws_s3_bucket_policy.bucket-fresh_policy_1', ['create']),
    resourceChange('aws_s3_bucket.bucket-raw', ['delete']),
    resourceChange('aws_s3_bucket.bucket-gone', ['delete']),
    resourceChange('aws_vpc.network_vpc_1', ['update']),
  ]
  const document = JSON.stringify(planDocument({ changes }))
  const stack = await readPlan([Buffer.from(document)], { stack: 'data', source: 'x' })
  const fingerprint = digestOf('x')
  const plan: PlanFile = {
    schema: 'sluice.plan/v1',
    system: 'shop',
    environment: 'production',
    engine: { name: 'tofu', version: '1.11.0' },
    counts: stack.counts,
    stacks: [stack],
    fingerprint,
  }
  const runtime = fakeRuntime({
    files: {
      '/project/sluice.yml': CONFIG,
      '/project/.sluice/production/plan.json': JSON.stringify(plan),
    },
  })
  const world: World = {
    runtime,
    openProvider: () => Promise.reject(new Error('no cloud is opened')),
    request: { file: 'sluice.yml', environment: 'production', dryRun: false },
  }
  const report: Report = {
    command: 'plan',
    outcome: 'done',
    message: '',
    outputs: { fingerprint },
    data: {},
    summary: '',
  }
  await annotateChanges(world, report)
  expect(runtime.events).toEqual([
    {
      kind: 'message',
      level: 'warning',
      text: 'buckets.raw in production: 1 to delete',
      at: 'sluice.yml:5:3',
    },
    {
      kind: 'message',
      level: 'notice',
      text: 'buckets.fresh in production: 2 to create',
      at: 'sluice.yml:7:3',
    },
  ])
  await annotateChanges(world, { ...report, outputs: { fingerprint: digestOf('another') } })
  expect(runtime.events).toHaveLength(2)
})
