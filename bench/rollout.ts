/**
 * How late the end of a rollout of five minutes is noticed, and by how many looks: simulated, on virtual time. Beside it the
 * arithmetic of the SDK's waiter, whose pauses grow to its default maximum of 600 s
 * (https://github.com/smithy-lang/smithy-typescript/blob/main/packages/util-waiter/src/poller.ts).
 */
import { FakeClock } from '../src/runtime/fake/clock.ts'
import { pollUntil } from '../src/runtime/poll.ts'
import { type Expectation, nextLook } from '../src/runtime/watch-pace.ts'
import { leave, type Measured, rounded } from './rollout/results.ts'
import { mean, seeded } from './rollout/sample.ts'

const ROUNDS = 2_000
const USUAL = 300_000
const { uniform, duration } = seeded()
const random = {
  bytes: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(uniform() * 256)),
}

interface Seen {
  readonly late: number
  readonly looks: number
}

async function watch(took: number, expectation: Expectation): Promise<Seen> {
  const clock = new FakeClock(0)
  let looks = 0
  const look = async (): Promise<number | undefined> => {
    looks++
    return clock.now() >= took ? clock.now() : undefined
  }
  const every = (elapsed: number): number => nextLook(elapsed, expectation)
  const ended = await pollUntil({ clock, random }, look, { every, deadline: 10 * USUAL })
  if (ended === 'timed-out') throw new Error('the wait ended before the rollout')
  return { late: ended.found - took, looks }
}

/** Exponential with full jitter between minDelay 15 s (ECS) and maxDelay 600 s. */
function waiter(took: number): Seen {
  let now = 0
  let looks = 1
  for (let attempt = 1; now < took; attempt++, looks++) {
    const ceiling = attempt > Math.log(600 / 15) / Math.log(2) + 1 ? 600 : 15 * 2 ** (attempt - 1)
    now += 1000 * (15 + uniform() * (ceiling - 15))
  }
  return { late: now - took, looks }
}

const measured: Measured[] = []
const tell = (label: string, seen: readonly Seen[]): void => {
  const late = mean(seen.map((one) => one.late)) / 1000
  measured.push({ label: `${label}: noticed late`, value: rounded(late, 2), unit: 's' })
  measured.push({
    label: `${label}: looks`,
    value: rounded(mean(seen.map((one) => one.looks)), 1),
    unit: 'looks',
  })
}

for (const spread of [0.04, 0.1]) {
  const took = (): number => duration(USUAL, spread)
  for (const frugal of [false, true]) {
    const seen: Seen[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const past = Array.from({ length: 5 }, took)
      seen.push(await watch(took(), { past, frugal }))
    }
    tell(`5 minutes ± ${spread * 100} %${frugal ? ', frugal' : ''}`, seen)
  }
  tell(
    `5 minutes ± ${spread * 100} %, waiter of the SDK`,
    Array.from({ length: ROUNDS }, () => waiter(took())),
  )
}

leave('rollout', measured)
