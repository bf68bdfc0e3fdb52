import { expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import type { FunctionCheck } from '../../../src/domain/system/function-check.ts'
import type { RolloutPolicy } from '../../../src/domain/system/rollout-policy.ts'
import { type ClientOptions, rollOut } from '../../world/client.ts'
import { image } from '../../world/cloud.ts'
import type { FunctionBehaviour } from '../../world/cloud-world/http/lambda.ts'
import { openBoth } from './both-shop.ts'

export const NAME = 'shop-test-thumb'
export const V1 = image('thumb', 'v1')
export const V2 = image('thumb', 'v2')
export const WELL: FunctionBehaviour = { answer: () => ({ payload: 'fine' }) }

/** One way in which the second release of a function may end. */
export interface Scenario {
  readonly name: string
  readonly second?: FunctionBehaviour
  readonly policy?: Partial<RolloutPolicy>
  readonly check?: FunctionCheck
  /** Nothing has served before. */
  readonly first?: true
  /** Before the second release. */
  readonly meanwhile?: () => void
  readonly during?: ClientOptions['during']
  readonly ends: Outcome
  readonly message?: RegExp
  /** @default what the outcome says: v2 where it is done */
  readonly serves?: string | 'anything'
}

/** A function and nothing else, in the middle of its releases. */
interface Course {
  shop: Awaited<ReturnType<typeof openBoth>>
  /** How the second release behaves by now. */
  second: FunctionBehaviour
  /** What must be the same in the end, where it must. */
  left: ReturnType<typeof standing> | undefined
}

export let course: Course

export async function open(policy: Partial<RolloutPolicy> = {}, check?: FunctionCheck): Promise<void> {
  const options = {
    policy: { checks: [], ...policy },
    alone: true,
    ...(check === undefined ? {} : { check }),
  }
  const shop = await openBoth([], (reference) => (reference === V2 ? course.second : WELL), options)
  course = { shop, second: WELL, left: undefined }
}

export const close = (): Promise<void> => course.shop[Symbol.asyncDispose]()

/** What there is of the function. */
export const standing = () => ({
  traffic: course.shop.door.traffic(NAME),
  versions: course.shop.door.versions(NAME),
})

/** How a release ends, whether it got as far as a report or not. */
export async function roll(content: string, options: ClientOptions = {}) {
  const { shop } = course
  try {
    const given = { system: shop.system, content: { thumb: content }, commit: content, ...options }
    return (await rollOut(shop.world, given)).report
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return { outcome: error.outcome, message: error.message }
  }
}

/** Done at the request of this number among those of this name. */
export const at =
  (request: string, act: () => void, number = 1) =>
  () => {
    let seen = 0
    course.shop.door.faults = (name) => {
      if (name === request && ++seen === number) act()
      return undefined
    }
  }

export const cancelAfter =
  (ms: number): NonNullable<ClientOptions['during']> =>
  (runtime) =>
    void runtime.clock.sleep(ms).then(() => runtime.cancel())

/** Each scenario as a test. */
export function verdicts(scenarios: readonly Scenario[]): void {
  test.each(scenarios)('R23 $name: $ends', async (scenario) => {
    const { policy, check, first, meanwhile, during, ends, message, serves } = scenario
    await open(policy, check)
    const { shop } = course
    shop.world.watch.alarm('thumb-errors', 'OK')
    if (first === undefined) {
      // The first release is made under a policy that asks nothing of anybody.
      const calm = { ...shop.system, rollout: { ...shop.system.rollout, checks: [] } }
      expect((await roll('v1', { system: calm })).outcome).toBe('done')
    }
    shop.door.requests.length = 0
    course.second = scenario.second ?? WELL
    meanwhile?.()
    const report = await roll('v2', during === undefined ? {} : { during })
    expect(report.outcome).toBe(ends)
    if (message !== undefined) expect(report.message).toMatch(message)
    if (serves !== 'anything')
      expect(shop.door.traffic(NAME)).toEqual({ [serves ?? (ends === 'done' ? V2 : V1)]: 100 })
    if (course.left !== undefined) expect(standing()).toEqual(course.left)
  })
}
