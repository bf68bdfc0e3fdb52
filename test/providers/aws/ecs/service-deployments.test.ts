import type { Deployment } from '@aws-sdk/client-ecs'
import { expect, test } from 'vitest'
import { revertMove } from '../../../../src/providers/aws/services/deployment.ts'
import { deploymentOfService } from '../../../../src/providers/aws/services/service-deployments.ts'
import type { EcsTarget } from '../../../../src/providers/aws/services/target.ts'

const target: EcsTarget = {
  name: 'web',
  cluster: 'shop',
  service: 'web',
  container: 'web',
  loadBalanced: false,
  template: 'web',
  family: 'web_releases',
  copies: 2,
  url: null,
}

const one = (revision: number, change: Partial<Deployment> = {}): Deployment => ({
  id: `ecs-svc/${revision}`,
  status: 'PRIMARY',
  taskDefinition: `web_releases:${revision}`,
  desiredCount: 2,
  runningCount: 2,
  createdAt: new Date(revision * 1000),
  rolloutState: 'COMPLETED',
  ...change,
})
const read = (...deployments: Deployment[]) => deploymentOfService(target, { deployments })
const failed = one(2, { status: 'ACTIVE', rolloutState: 'FAILED', desiredCount: 0, runningCount: 0 })

test.each<[string, Deployment[], object]>([
  [
    'COMPLETED with all copies',
    [one(1)],
    { phase: 'successful', target: { taskDefinition: 'web_releases:1' } },
  ],
  ['COMPLETED with fewer copies than desired', [one(1, { runningCount: 1 })], { phase: 'in-progress' }],
  [
    'a new one beside the old',
    [one(2, { rolloutState: 'IN_PROGRESS' }), one(1, { status: 'ACTIVE' })],
    { phase: 'in-progress', sources: [{ taskDefinition: 'web_releases:1' }] },
  ],
  ['a first one that failed', [one(1, { rolloutState: 'FAILED' })], { phase: 'stopped' }],
  [
    'a new one that failed, while the old one comes back',
    [failed, one(1, { rolloutState: 'IN_PROGRESS' })],
    { phase: 'rolling-back', target: { taskDefinition: 'web_releases:2' } },
  ],
  [
    'a new one that failed, with the old one in its place',
    [failed, one(1)],
    { phase: 'rolled-back', sources: [{ taskDefinition: 'web_releases:1', running: 2 }] },
  ],
  [
    'a new one that failed, and an old one that failed as well',
    [failed, one(1, { rolloutState: 'FAILED' })],
    { phase: 'rollback-failed' },
  ],
  [
    'one that failed before the one in place began',
    [failed, one(3)],
    { phase: 'successful', target: { taskDefinition: 'web_releases:3' }, sources: [] },
  ],
])('R23 a service without service deployments: %s', (_, deployments, expected) => {
  expect(read(...deployments)).toMatchObject(expected)
})

test('R23 no deployment is none, two that are PRIMARY or an unknown state are told', () => {
  expect(read()).toBeNull()
  expect(() => read(one(1), one(2))).toThrow(/2 deployments are PRIMARY/)
  expect(() => read(one(1, { rolloutState: 'ALMOST' as never }))).toThrow(/rollout state ALMOST is unknown/)
})

test('R29 what ECS cannot stop by name is replaced by what was before', () => {
  const begun = read(one(2, { rolloutState: 'IN_PROGRESS' }), one(1, { status: 'ACTIVE' }))
  expect(revertMove(begun, 'web_releases:2')).toMatchObject({
    kind: 'replace',
    by: { taskDefinition: 'web_releases:1' },
  })
})
