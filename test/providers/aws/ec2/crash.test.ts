import { beforeAll, describe, expect, test } from 'vitest'
import { ec2Client, HOUR, loadClients, specOf } from '../../../world/cloud-world/http/ec2/client.ts'
import type { Behaviour } from '../../../world/cloud-world/http/ec2/machine.ts'
import { type Fault, Wire } from '../../../world/faults.ts'
import { ec2World } from './world.ts'

beforeAll(loadClients)

const SHORT: Behaviour = { boot: 2_000, work: 2_000 }
const MINUTE = 60_000

/** The requests of one job from its start to its end. */
async function requestsOf(): Promise<readonly string[]> {
  const world = await ec2World({ behaviour: () => SHORT })
  const { jobs, wire } = ec2Client(world)
  await jobs.start(specOf())
  await jobs.wait('train-1')
  return wire.requests
}

const requests = await loadClients().then(requestsOf)
const strike = (at: number, fault: Fault): Wire =>
  new Wire((_, number) => (number === at ? fault : undefined))
const broken = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })

const points = requests.flatMap((name, index) =>
  (['before', 'after'] as const).map((when) => ({ name, when, number: index + 1 })),
)

describe('R33 a client that is killed at any request is followed by another: one machine, one result', () => {
  test.each(points)('killed $when request $number, $name', async ({ number, when }) => {
    const world = await ec2World({ behaviour: () => SHORT })
    const first = ec2Client(world, { wire: strike(number, { kind: 'kill', when }) })
    const died = await first.wire.run(first.jobs.start(specOf()).then(() => first.jobs.wait('train-1')))
    expect(died).toBe('killed')
    const second = ec2Client(world)
    await second.jobs.start(specOf())
    expect(await second.jobs.wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0 })
    expect(world.machines).toHaveLength(1)
    await world.until(world.clock.now() + MINUTE)
    expect(world.running).toEqual([])
  })
})

describe('R32 nobody comes after a client that was killed, and the machine does not listen: it is ended in time', () => {
  test.each(points)('killed $when request $number, $name', async ({ number, when }) => {
    const world = await ec2World({ behaviour: () => ({ dead: true }) })
    const { jobs, wire } = ec2Client(world, { wire: strike(number, { kind: 'kill', when }) })
    expect(await wire.run(jobs.start(specOf()).then(() => jobs.wait('train-1')))).toBe('killed')
    const [machine] = world.machines
    if (machine !== undefined) await world.until(machine.launchedAt + 2 * HOUR + MINUTE)
    expect(world.running).toEqual([])
    expect(world.machines.length).toBeLessThanOrEqual(1)
  })
})

describe('R33 an answer that is lost at any request makes no second machine', () => {
  test.each(points)('lost $when request $number, $name', async ({ number, when }) => {
    const world = await ec2World({ behaviour: () => SHORT })
    const first = ec2Client(world, { wire: strike(number, { kind: 'error', when, error: broken }) })
    await first.jobs
      .start(specOf())
      .then(
        () => first.jobs.wait('train-1'),
        () => {},
      )
      .catch(() => {})
    const second = ec2Client(world)
    await second.jobs.start(specOf())
    expect(await second.jobs.wait('train-1')).toMatchObject({ state: 'succeeded' })
    expect(world.machines).toHaveLength(1)
    expect(world.running).toEqual([])
  })
})
