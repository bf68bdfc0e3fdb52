import { describe, expect, test } from 'vitest'
import { TASK_PLACING } from '../../../../../src/domain/jobs/ecs-tasks.ts'
import {
  FARGATE,
  HOUR,
  loadClients,
  MACHINES,
  specOf,
  taskClient,
} from '../../../../world/cloud-world/http/ecs-tasks/client.ts'
import { type Fault, Wire } from '../../../../world/faults.ts'
import { taskWorld } from './world.ts'

const MINUTE = 60_000
const SHORT = { lasts: 2_000, says: ['epoch 1'] }
const PLACES = { fargate: FARGATE, machines: MACHINES } as const
type Place = keyof typeof PLACES

/** The requests of one job from its start to its end. */
async function requestsOf(place: Place): Promise<readonly string[]> {
  const { jobs, wire } = taskClient(await taskWorld({ behaviour: () => SHORT }), { target: PLACES[place] })
  await jobs.start(specOf())
  await jobs.wait('train-1')
  return wire.requests
}

await loadClients()
const broken = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })

interface Point {
  readonly place: Place
  readonly name: string
  /** Which of the requests with this name, from 1. */
  readonly number: number
  readonly when: 'before' | 'after'
}

/** Every request until the task is written down; of what only looks at it again and again, two, and all that ends it. */
function pointsOf(place: Place, names: readonly string[]): Point[] {
  const counted = names.map((name, index) => ({
    name,
    index,
    number: names.slice(0, index + 1).filter((other) => other === name).length,
  }))
  const launched = names.indexOf('objects.write', names.indexOf('ecs RunTask'))
  const inLaunch = (name: string) =>
    counted.filter((one) => one.index <= launched && one.name === name).length
  return counted
    .filter(({ name, number }) => number <= inLaunch(name) + 2)
    .flatMap(({ name, number }) =>
      (['before', 'after'] as const).map((when) => ({ place, name, number, when })),
    )
}

const strike = ({ name, number }: Point, fault: Fault): Wire => {
  let asked = 0
  return new Wire((request) => {
    if (request === name) asked++
    return request === name && asked === number ? fault : undefined
  })
}

const [onFargate, onMachines] = await Promise.all([requestsOf('fargate'), requestsOf('machines')])
const launch = onMachines.slice(0, onMachines.indexOf('ecs DescribeTasks'))
const points = [...pointsOf('fargate', onFargate), ...pointsOf('machines', launch)]

test('R32 the killer of a task is asked for before the task, and removed after its end', () => {
  const asked = onMachines.filter((name) => name.startsWith('scheduler') || name === 'ecs RunTask')
  expect(asked).toEqual(['scheduler POST', 'ecs RunTask', 'scheduler DELETE'])
})

describe('R33 a client that is killed at any request is followed by another: one task, one result', () => {
  test.each(points)('on $place, killed $when $name $number', async (point) => {
    const { place, when } = point
    const world = await taskWorld({ behaviour: () => SHORT })
    const target = PLACES[place]
    const first = taskClient(world, { target, wire: strike(point, { kind: 'kill', when }) })
    const died = await first.wire.run(first.jobs.start(specOf()).then(() => first.jobs.wait('train-1')))
    expect(died).toBe('killed')
    const second = taskClient(world, { target })
    await second.jobs.start(specOf())
    expect(await second.jobs.wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0 })
    expect(world.tasks).toHaveLength(1)
    expect(world.running).toEqual([])
  })
})

describe('R32 nobody comes after a client that was killed, and the task would run for ever: it is ended in time', () => {
  test.each(points)('on $place, killed $when $name $number', async (point) => {
    const { place, when } = point
    const world = await taskWorld({ behaviour: () => ({}) })
    const client = taskClient(world, {
      target: PLACES[place],
      wire: strike(point, { kind: 'kill', when }),
    })
    const { jobs, wire } = client
    expect(await wire.run(jobs.start(specOf()).then(() => jobs.wait('train-1')))).toBe('killed')
    const [task] = world.tasks
    if (task !== undefined) await world.until(task.createdAt + 1_000 + 2 * HOUR + MINUTE)
    expect(world.running).toEqual([])
    expect(world.tasks.length).toBeLessThanOrEqual(1)
  })
})

describe('R33 an answer that is lost at any request makes no second task, and the job is done', () => {
  test.each(points)('on $place, lost $when $name $number', async (point) => {
    const { place, when } = point
    const world = await taskWorld({ behaviour: () => SHORT })
    const target = PLACES[place]
    const first = taskClient(world, { target, wire: strike(point, { kind: 'error', when, error: broken }) })
    await first.jobs
      .start(specOf())
      .then(() => first.jobs.wait('train-1'))
      .catch(() => {})
    const second = taskClient(world, { target })
    await second.jobs.start(specOf())
    expect(await second.jobs.wait('train-1')).toMatchObject({ state: 'succeeded' })
    expect(world.tasks).toHaveLength(1)
  })
})

test('R32 a task that never gets a place is ended after the time of placing and its own', async () => {
  const world = await taskWorld({ behaviour: () => ({ placing: 100 * HOUR }) })
  await taskClient(world).jobs.start(specOf())
  await world.until(world.clock.now() + 2 * HOUR)
  expect(world.running).toHaveLength(1)
  await world.until(world.clock.now() + TASK_PLACING + 2 * MINUTE)
  expect(world.running).toEqual([])
})

test('R32 who takes a claim over days later has a killer for as long as its own task', async () => {
  const world = await taskWorld({ behaviour: () => ({}) })
  const armed = (name: string): boolean => name === 'scheduler POST'
  const first = taskClient(world, {
    wire: new Wire((name) => (armed(name) ? { kind: 'kill', when: 'after' } : undefined)),
  })
  expect(await first.wire.run(first.jobs.start(specOf()))).toBe('killed')
  // A killer stays a day after the time of its job.
  await world.until(world.clock.now() + 26 * HOUR)
  expect(world.schedules.size).toBe(1)
  await taskClient(world).jobs.start(specOf())
  const [task] = world.tasks
  await world.until((task?.createdAt ?? 0) + 2 * HOUR + 2 * MINUTE)
  expect(world.running).toEqual([])
})

test('R32 a task that the killer ended is a job that was not done in time, whoever looks', async () => {
  const world = await taskWorld({ behaviour: () => ({}) })
  await taskClient(world).jobs.start(specOf())
  await world.until(world.clock.now() + 2 * HOUR + 3 * MINUTE)
  const { jobs } = taskClient(world)
  expect(await jobs.status('train-1')).toMatchObject({
    state: 'timed-out',
    reason: 'not done within 7200000 ms',
  })
  expect([...world.schedules]).toEqual([])
})
