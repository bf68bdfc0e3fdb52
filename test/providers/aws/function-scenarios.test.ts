import { afterEach, describe } from 'vitest'
import type { FunctionCheck } from '../../../src/domain/system/function-check.ts'
import type { HttpFault } from '../../world/cloud-world/http/http-faults.ts'
import type { FunctionBehaviour } from '../../world/cloud-world/http/lambda.ts'
import type { Attributes } from '../../world/cloud-world/value.ts'
import { at, cancelAfter, close, course, NAME, type Scenario, V1, verdicts } from './function-course.ts'

afterEach(close)

const MOVE = 'PUT /functions/NAME/aliases/live'
const ALARM = { checks: [{ kind: 'alarm', alarm: 'thumb-errors' }] } as const
const CHECK: FunctionCheck = { kind: 'event', payload: { ping: 1 } }
const REFUSED: HttpFault = { kind: 'answer', status: 400, code: 'InvalidParameterValueException' }
const deleted: FunctionBehaviour = { lost: 'The image was deleted.' }
const ill = (error: string, errorMessage: string): FunctionBehaviour => ({
  answer: () => ({ error, payload: { errorType: error, errorMessage }, log: 'no configuration found\n' }),
})
/** When it is about to get its first traffic. */
const shifted = (act: () => void) => at(MOVE, act, 2)
const alias = (change: Attributes) => () =>
  void course.shop.world.cloud.store.move('aws_lambda_alias', NAME, change)

const SCENARIOS: readonly Scenario[] = [
  { name: 'canary that is good', ends: 'done' },
  { name: 'all at once that is good', policy: { strategy: 'rolling', steps: [100] }, ends: 'done' },
  {
    name: 'a tag that is moved meanwhile: images are named by digest',
    meanwhile: at('PUT /functions/NAME/code', () =>
      course.shop.world.cloud.store.move('aws_lambda_function', NAME, {
        image_uri: 'repository/thumb:other',
      }),
    ),
    ends: 'done',
  },
  {
    name: 'an image that the registry does not have',
    second: { missing: true },
    ends: 'rolled-back',
    message: /does not exist/,
  },
  {
    name: 'an image that Lambda cannot use',
    second: { fails: 'fork/exec /lambda-entrypoint.sh' },
    ends: 'rolled-back',
    message: /fork\/exec/,
  },
  {
    name: 'an image that is deleted in the middle of the rollout',
    meanwhile: shifted(() => {
      course.second = deleted
    }),
    ends: 'rolled-back',
    message: /The image was deleted/,
  },
  {
    name: 'a version whose check ends with an error',
    second: ill('ImportError', 'no torch'),
    check: CHECK,
    ends: 'rolled-back',
    message: /ImportError: no torch; no configuration found/,
  },
  {
    name: 'a version whose check answers something else',
    second: { answer: () => ({ payload: 'nothing' }) },
    check: { ...CHECK, contains: 'fine' },
    ends: 'rolled-back',
    message: /does not contain "fine"/,
  },
  {
    name: 'a start that takes longer than rollout.timeout',
    second: { takes: 7_200_000 },
    policy: { timeout: 120_000 },
    ends: 'timed-out',
  },
  {
    name: 'a rollback that fails',
    meanwhile: () => {
      let moves = 0
      course.shop.door.faults = (name) => {
        if (name !== MOVE || ++moves < 2) return undefined
        course.second = deleted
        return moves === 2 ? undefined : REFUSED
      }
    },
    ends: 'rollback-failed',
    message: /going back failed/,
    serves: 'anything',
  },
  {
    name: 'a first release that fails: no previous one',
    first: true,
    meanwhile: shifted(() => {
      course.second = deleted
    }),
    ends: 'rollback-failed',
    message: /nothing served thumb before/,
    serves: 'anything',
  },
  {
    name: 'superseded by another version of somebody else',
    meanwhile: shifted(() => alias({ routing_config: [] })()),
    ends: 'stale',
    serves: V1,
  },
  {
    name: 'traffic that somebody else has pinned',
    meanwhile: alias({ routing_config: [{ additional_version_weights: { '1': 0.5 } }] }),
    ends: 'locked',
    message: /1 is rolling out/,
    serves: 'anything',
  },
  {
    name: 'an alarm that is raised',
    policy: ALARM,
    meanwhile: () => course.shop.world.watch.alarm('thumb-errors', 'ALARM'),
    ends: 'rolled-back',
    message: /alarm is raised/,
  },
  {
    name: 'an alarm with INSUFFICIENT_DATA',
    policy: ALARM,
    meanwhile: () => course.shop.world.watch.alarm('thumb-errors', 'INSUFFICIENT_DATA'),
    ends: 'rolled-back',
    message: /inconclusive/,
  },
  {
    name: 'too few calls for an error rate',
    policy: {
      checks: [{ kind: 'error-rate', service: 'thumb', margin: 0.02, minRequests: 50, alpha: 0.05 }],
    },
    ends: 'rolled-back',
    message: /inconclusive/,
  },
  {
    name: 'SIGINT while Lambda fetches the image',
    second: { takes: 60_000 },
    during: cancelAfter(20_000),
    ends: 'cancelled',
  },
  { name: 'SIGINT while a step bakes', during: cancelAfter(20_000), ends: 'cancelled' },
]

describe('every end of a rollout of a function has its verdict', () => verdicts(SCENARIOS))
