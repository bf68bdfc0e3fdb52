import { afterEach, describe, expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import { SluiceError } from '../../../../src/domain/error.ts'
import type { Outcome } from '../../../../src/domain/outcome.ts'
import type { RolloutPolicy } from '../../../../src/domain/system/rollout-policy.ts'
import { rollOut } from '../../../world/client.ts'
import { image } from '../../../world/cloud.ts'
import type { TaskBehaviour } from '../../../world/cloud-world/http/ecs/behaviour.ts'
import { byImage, type EcsWorld, ecsShop, openEcsWorld } from '../../../world/ecs-world.ts'

let world: EcsWorld
afterEach(() => world[Symbol.asyncDispose]())

const V1 = image('web', 'v1')
const V2 = image('web', 'v2')

const ecs = () => world.door.api.service('shop-test-web')
const refuse = (code: string) => ({ kind: 'answer', status: 400, code }) as const
/** Requests from this one on are refused so; or only this one. */
const from = (n: number, code: string) => () => {
  world.door.faults = (_, number) => (number >= n ? refuse(code) : undefined)
}
const once = (n: number, code: string) => () => {
  world.door.faults = (_, number) => (number === n ? refuse(code) : undefined)
}
/** Done at the first request of this name. */
const at = (request: string, act: () => void) => () => {
  let done = false
  world.door.faults = (name) => {
    if (name === request && !done) {
      done = true
      act()
    }
    return undefined
  }
}
const newest = (change: (deployment: NonNullable<ReturnType<typeof ecs>['newest']>) => void) => () => {
  const { newest: deployment } = ecs()
  if (deployment !== undefined) change(deployment)
}
/** Every answer to this request is this one. */
const says = (request: string, body: object) => () => {
  world.door.faults = (name) => (name === request ? { kind: 'body', body: JSON.stringify(body) } : undefined)
}

interface Scenario {
  readonly name: string
  /** What the second release does. */
  readonly second?: TaskBehaviour
  readonly policy?: Partial<RolloutPolicy>
  /** Nothing has served before. */
  readonly first?: true
  /** Before the second release. */
  readonly meanwhile?: () => void
  readonly ends: Outcome
  readonly message?: RegExp
  /** @default what the outcome says: v2 where it is done */
  readonly serves?: string | 'anything'
}

const rolling = { strategy: 'rolling', steps: [100] } as const
const QUICK = { startsIn: 2_000 }

const SCENARIOS: readonly Scenario[] = [
  { name: 'canary that is good', ends: 'done' },
  { name: 'rolling that is good', policy: rolling, ends: 'done' },
  {
    name: 'tasks that run another digest',
    second: { runs: digestOf('else') },
    ends: 'rolled-back',
    message: /instead of/,
  },
  {
    name: 'fewer tasks than desired',
    second: { startsIn: 3_600_000 },
    ends: 'rolled-back',
    message: /0 of 2 running/,
  },
  {
    name: 'tasks that exit with 137',
    second: { ...QUICK, fails: { exitCode: 137, reason: 'OutOfMemoryError' } },
    ends: 'rolled-back',
    message: /code 137, OutOfMemoryError/,
  },
  {
    name: 'an image that cannot be pulled',
    second: { ...QUICK, fails: { reason: 'CannotPullContainerError: manifest unknown' } },
    ends: 'rolled-back',
    message: /CannotPullContainerError/,
  },
  {
    name: 'a health path that answers 502',
    second: { ...QUICK, answers: 502 },
    ends: 'rolled-back',
    message: /502/,
  },
  {
    name: 'copies that end after their first traffic',
    second: { diesAfter: 7_000 },
    ends: 'rolled-back',
    message: /code 137/,
  },
  {
    name: 'rolling copies that the circuit breaker takes back',
    second: { ...QUICK, fails: { exitCode: 3, reason: '' } },
    policy: rolling,
    ends: 'rolled-back',
    message: /circuit breaker.*code 3/s,
  },
  {
    name: 'rolling copies that die after SUCCESSFUL',
    second: { diesAfter: 26_000 },
    policy: rolling,
    ends: 'rolled-back',
    message: /serves again, verified/,
  },
  {
    name: 'a rollback that fails',
    second: { unhealthy: true },
    meanwhile: () => {
      world.door.api.rules.rollbackFails = true
    },
    ends: 'rollback-failed',
    message: /could not be restored/,
    serves: 'anything',
  },
  {
    name: 'a first release that fails: no previous one',
    second: { ...QUICK, fails: { exitCode: 1, reason: '' } },
    first: true,
    ends: 'rollback-failed',
    message: /nothing served web before/,
    serves: 'anything',
  },
  {
    name: 'a deployment that somebody aborts',
    meanwhile: at(
      'ContinueServiceDeployment',
      newest((one) => ecs().stop(one, 'ABORT')),
    ),
    ends: 'rolled-back',
  },
  {
    name: 'a deployment that an alarm of ECS takes back',
    meanwhile: () => {
      world.door.faults = (request) => {
        const { newest: deployment } = ecs()
        if (request === 'ListTasks' && deployment?.status === 'IN_PROGRESS')
          ecs().rollBack(deployment, 'the alarm 5xx went off')
        return undefined
      }
    },
    ends: 'rolled-back',
    message: /alarm 5xx/,
  },
  {
    name: 'superseded by a newer deployment of somebody else',
    meanwhile: () => {
      const before = ecs().taskDefinition
      at('ContinueServiceDeployment', () =>
        ecs().update({ taskDefinition: before, config: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 0 } }),
      )()
    },
    ends: 'stale',
    serves: 'anything',
  },
  {
    name: 'desired 0 without allow-zero',
    meanwhile: () => ecs().update({ desired: 0 }),
    ends: 'refused',
    serves: 'anything',
  },
  {
    name: 'desired 0 with allow-zero',
    policy: { allowZero: true },
    meanwhile: () => ecs().update({ desired: 0 }),
    ends: 'done',
    serves: 'anything',
  },
  {
    name: 'a start that takes longer than rollout.timeout',
    second: { startsIn: 3_600_000 },
    policy: { startTimeout: 900_000, timeout: 120_000 },
    ends: 'timed-out',
  },
  {
    name: '403 from the middle of the wait on',
    meanwhile: from(60, 'AccessDeniedException'),
    ends: 'cannot-observe',
    message: /AccessDenied/,
    serves: 'anything',
  },
  {
    name: '403 at one look, then healed: the traffic goes back',
    meanwhile: once(62, 'AccessDeniedException'),
    ends: 'cannot-observe',
    serves: V1,
  },
  {
    name: 'a role that has expired',
    meanwhile: from(60, 'ExpiredTokenException'),
    ends: 'cannot-observe',
    serves: 'anything',
  },
  {
    name: 'one expired request, healed by fresh credentials',
    meanwhile: once(62, 'ExpiredTokenException'),
    ends: 'done',
  },
  {
    name: 'half of a 200 now and then',
    meanwhile: () => {
      world.door.faults = (name, n) =>
        n % 5 === 0 && /^(Describe|List)/.test(name) ? { kind: 'truncated' } : undefined
    },
    ends: 'done',
  },
  {
    name: 'services: []',
    meanwhile: says('DescribeServices', { services: [], failures: [{ reason: 'MISSING' }] }),
    ends: 'cannot-observe',
    message: /MISSING/,
    serves: V1,
  },
  {
    name: 'two PRIMARY deployments',
    meanwhile: () =>
      says('DescribeServices', {
        services: [
          {
            status: 'ACTIVE',
            desiredCount: 2,
            runningCount: 2,
            taskDefinition: ecs().taskDefinition,
            deployments: [1, 2].map((id) => ({
              id: String(id),
              status: 'PRIMARY',
              rolloutState: 'COMPLETED',
              desiredCount: 2,
              runningCount: 2,
              taskDefinition: ecs().taskDefinition,
            })),
          },
        ],
      })(),
    ends: 'cannot-observe',
    message: /PRIMARY/,
    serves: V1,
  },
  {
    name: 'a status that this version does not know',
    meanwhile: newest((one) => {
      one.status = 'SUCCESSFUL_MOSTLY'
    }),
    ends: 'cannot-observe',
    message: /unknown status/,
    serves: V1,
  },
  {
    name: 'the cluster is missing',
    meanwhile: from(1, 'ClusterNotFoundException'),
    ends: 'cannot-observe',
    serves: V1,
  },
]

/** How the second release ends, whether it got as far as a report or not. */
async function roll(content: string) {
  try {
    return (await rollOut(world, { system: world.system, content: { web: content }, commit: content })).report
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return { outcome: error.outcome, message: error.message }
  }
}

describe('every end of a rollout has its verdict', () => {
  test.each(SCENARIOS)(
    'R23 $name: $ends',
    async ({ second = {}, policy, first, meanwhile, ends, message, serves }) => {
      const system = ecsShop({ rollout: { ...ecsShop().rollout, ...policy } })
      world = await openEcsWorld({ system, behaviour: byImage([[V2, second]]) })
      if (first === undefined) expect((await roll('v1')).outcome).toBe('done')
      world.door.requests.length = 0
      meanwhile?.()
      const report = await roll('v2')
      expect(report.outcome).toBe(ends)
      if (message !== undefined) expect(report.message).toMatch(message)
      if (serves !== 'anything') expect(world.serves()).toBe(serves ?? (ends === 'done' ? V2 : V1))
    },
  )

  test('R23 there are 25 of them at least, and each verdict is among them', async () => {
    world = await openEcsWorld()
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBeGreaterThanOrEqual(25)
    expect(new Set(SCENARIOS.map(({ ends }) => ends))).toEqual(
      new Set(['done', 'rolled-back', 'rollback-failed', 'stale', 'refused', 'timed-out', 'cannot-observe']),
    )
  })
})
