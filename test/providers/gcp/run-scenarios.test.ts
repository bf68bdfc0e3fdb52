import { describe } from 'vitest'
import { POLICY } from './release-world.ts'
import { answers, at, byHand, cancelAfter, faults, type Scenario, V2, verdicts, world } from './run-course.ts'

const ALARM = { checks: [{ kind: 'alarm', alarm: 'api-5xx' }] } as const
const HTTP = { kind: 'http', path: '/', service: 'api', status: 200, requests: 5, contains: 'films' } as const
const ERRORS = { kind: 'error-rate', margin: 0.02, minRequests: 50, alpha: 0.05 } as const
const HELLO = { containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/hello' }] }
const hand = 'films-test-api-hand'
const PATCH = 'PATCH services/'

const SCENARIOS: readonly Scenario[] = [
  { name: 'canary that is good', ends: 'done' },
  { name: 'all at once that is good', policy: { strategy: 'rolling', steps: [100] }, ends: 'done' },
  {
    name: 'a container that exits with 3',
    second: { exits: 3, complains: ['no configuration found'] },
    ends: 'rolled-back',
    message: /no configuration found.*exit code 3/,
  },
  { name: 'a health path that answers 502', second: { health: 502 }, ends: 'rolled-back', message: /502/ },
  {
    name: 'a revision that never becomes ready',
    second: { hangs: true },
    ends: 'rolled-back',
    message: /not healthy/,
  },
  {
    name: 'a start that takes longer than rollout.timeout',
    second: { startsIn: 3_600_000 },
    policy: { startTimeout: 900_000, timeout: 120_000 },
    ends: 'timed-out',
  },
  {
    name: 'an image that is deleted in the middle of the rollout',
    meanwhile: () => at(PATCH, () => world.cloud.programs.delete(V2)),
    ends: 'rolled-back',
    message: /not found/,
  },
  {
    name: 'a tag that is moved meanwhile: images are named by digest',
    meanwhile: () => at(PATCH, () => world.program(V2.replace(/@.*/, ':template'), { exits: 9 })),
    ends: 'done',
  },
  {
    name: 'an answer of the new revision that a check refuses',
    second: { body: 'something else' },
    policy: { checks: [HTTP] },
    ends: 'rolled-back',
    message: /does not contain "films"/,
  },
  {
    name: 'a rollback that fails',
    second: { exits: 3 },
    meanwhile: () => {
      let changes = 0
      faults((name) =>
        name.startsWith(PATCH) && ++changes > 1
          ? { kind: 'refuse', code: 'INVALID_ARGUMENT', message: 'traffic' }
          : undefined,
      )
    },
    ends: 'rollback-failed',
    message: /going back failed/,
    serves: 'anything',
  },
  {
    name: 'a first release that fails: no previous one',
    second: { exits: 3 },
    first: true,
    ends: 'rollback-failed',
    message: /nothing served .*api before/,
    serves: 'anything',
  },
  {
    name: 'an operation that fails after its request was taken',
    meanwhile: () =>
      at(
        PATCH,
        () => {
          world.cloud.door.operations.failWith = 'Revision cannot serve traffic.'
        },
        2,
      ),
    ends: 'rolled-back',
    message: /cannot serve traffic/,
  },
  {
    name: 'traffic that somebody else has pinned before',
    meanwhile: async () => {
      byHand({ template: { revision: hand, ...HELLO } })
      await world.clock.sleep(10_000)
      byHand({ traffic: [{ revision: hand, percent: 100 }] })
      await world.clock.sleep(10_000)
    },
    ends: 'done',
  },
  {
    name: 'superseded by another revision of somebody else',
    meanwhile: () =>
      at(
        PATCH,
        () =>
          byHand({
            template: { revision: hand, ...HELLO },
            traffic: [{ revision: hand, percent: 100 }],
            annotations: {},
          }),
        2,
      ),
    ends: 'stale',
    serves: 'anything',
  },
  {
    name: 'somebody else changes the service between the look and the change',
    meanwhile: () => at(PATCH, () => byHand({ scaling: { minInstanceCount: 1 } })),
    ends: 'done',
  },
  {
    name: 'no instances at least: it scales to none by itself',
    meanwhile: () => byHand({ scaling: { minInstanceCount: 0 } }),
    ends: 'done',
  },
  {
    name: 'desired 0 without allow-zero',
    meanwhile: () => world.cloud.open().operations.pause('api'),
    ends: 'refused',
    serves: 'anything',
  },
  {
    name: 'desired 0 with allow-zero',
    policy: { allowZero: true },
    meanwhile: () => world.cloud.open().operations.pause('api'),
    ends: 'done',
  },
  {
    name: 'an alarm that is raised',
    policy: ALARM,
    meanwhile: () => void world.cloud.door.monitoring.ringing.add(POLICY),
    ends: 'rolled-back',
    message: /alarm is raised/,
  },
  {
    name: 'an alarm without data',
    policy: ALARM,
    meanwhile: () => void world.cloud.door.monitoring.policies.delete(POLICY),
    ends: 'rolled-back',
    message: /inconclusive/,
  },
  {
    name: 'too few requests for an error rate',
    policy: { checks: [ERRORS] },
    meanwhile: () =>
      answers((request, answer) => (request.endsWith('/timeSeries') ? { status: 200, body: {} } : answer)),
    ends: 'rolled-back',
    message: /no requests were counted/,
  },
  {
    name: 'SIGINT while the revision starts',
    second: { startsIn: 40_000 },
    during: cancelAfter(20_000),
    ends: 'cancelled',
  },
  {
    name: 'SIGINT while a step bakes',
    policy: { bake: 60_000 },
    during: cancelAfter(40_000),
    ends: 'cancelled',
  },
]

describe('every end of a rollout on Cloud Run has its verdict', () => verdicts(SCENARIOS))
