import { expect, test } from 'vitest'
import { SluiceError } from '../../../src/domain/error.ts'
import type { Outcome } from '../../../src/domain/outcome.ts'
import type { RolloutPolicy } from '../../../src/domain/system/rollout-policy.ts'
import { type ClientOptions, rollOut } from '../../world/client.ts'
import { image } from '../../world/cloud.ts'
import type { CloudFault } from '../../world/cloud-world/faults.ts'
import type { Answer } from '../../world/cloud-world/http/run/answer.ts'
import type { RunProgram } from '../../world/cloud-world/http/run/programs.ts'
import { POLICY, ReleaseWorld } from './release-world.ts'
import { SERVICE, systemOf } from './run-world.ts'

export const V1 = image('api', 'v1')
export const V2 = image('api', 'v2')

/** One way in which the second release of a service and a worker pool may end. */
export interface Scenario {
  readonly name: string
  /** What the second release of the service does. */
  readonly second?: RunProgram
  readonly policy?: Partial<RolloutPolicy>
  /** Nothing has served before. */
  readonly first?: true
  /** Before the second release. */
  readonly meanwhile?: () => Promise<void> | void
  readonly during?: ClientOptions['during']
  readonly ends: Outcome
  readonly message?: RegExp
  /** @default what the outcome says: v2 where it is done */
  readonly serves?: string | 'anything'
}

export let world: ReleaseWorld

export function open(policy: Partial<RolloutPolicy> = {}): void {
  const rollout = { ...systemOf([]).rollout, bake: 2_000, startTimeout: 60_000, ...policy }
  world = new ReleaseWorld({ rollout })
  for (const version of ['v1', 'v2', 'v3'])
    for (const name of ['api', 'queue']) world.program(image(name, version), { body: 'films' })
  world.cloud.door.monitoring.policies.set(POLICY, { enabled: true })
}

/** How a release ends, whether it got as far as a report or not. */
export async function roll(content: string, options: ClientOptions = {}) {
  try {
    const given = { system: world.system, content: { api: content, queue: content }, commit: content }
    return (await rollOut(world, { ...given, ...options })).report
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error
    return { outcome: error.outcome, message: error.message }
  }
}

/** What happens to each request to Google from here on; it is asked once a request. */
export function faults(plan: (request: string, number: number) => CloudFault | undefined): void {
  let last: { readonly number: number; readonly fault: CloudFault | undefined } | undefined
  world.cloud.world.faults.plan = (request, number) => {
    if (last?.number !== number) last = { number, fault: plan(request, number) }
    return last.fault
  }
}

/** What Google says in place of its answers. */
export function answers(change: (request: string, answer: Answer) => Answer): void {
  const { door } = world.cloud
  const handle = door.handle.bind(door)
  door.handle = async (request, bytes) =>
    change(
      `${request.method} ${request.url.pathname.split('/').slice(-2).join('/')}`,
      await handle(request, bytes),
    )
}

/** Done at the request of this number among those that begin so. */
export function at(request: string, act: () => void, number = 1): void {
  let seen = 0
  faults((name) => {
    if (name.startsWith(request) && ++seen === number) act()
    return undefined
  })
}

/** What somebody at a console, or gcloud, does beside Sluice. */
export function byHand(body: Record<string, unknown>): void {
  world.cloud.door.resources.patch('services', SERVICE, Object.keys(body), body)
}

export const cancelAfter =
  (ms: number): NonNullable<ClientOptions['during']> =>
  (runtime) =>
    void world.clock.sleep(ms).then(() => runtime.cancel())

/** Each scenario as a test. */
export function verdicts(scenarios: readonly Scenario[]): void {
  test.each(scenarios)('R23 $name: $ends', async (scenario) => {
    const { policy, second, first, meanwhile, during, ends, message, serves } = scenario
    open(policy)
    if (first === undefined) {
      // The first release is made under a policy that asks nothing of anybody.
      const calm = { ...world.system, rollout: { ...world.system.rollout, checks: [] } }
      expect((await roll('v1', { system: calm })).outcome).toBe('done')
    }
    if (second !== undefined) world.program(V2, second)
    world.cloud.world.faults.requests.length = 0
    await meanwhile?.()
    const report = await roll('v2', during === undefined ? {} : { during })
    faults(() => undefined)
    expect(report.outcome).toBe(ends)
    if (message !== undefined) expect(report.message).toMatch(message)
    if (serves !== 'anything')
      expect(await world.traffic('api')).toEqual({ [serves ?? (ends === 'done' ? V2 : V1)]: 100 })
  })
}
