import { beforeAll, describe, expect, test } from 'vitest'
import { LIFETIME_TAG } from '../../../../src/domain/jobs/boot.ts'
import { errorOf } from '../../../images/registry/client.ts'
import {
  ec2Client,
  HOUR,
  loadClients,
  specOf,
  TARGET,
  train,
} from '../../../world/cloud-world/http/ec2/client.ts'
import type { Place } from '../../../world/cloud-world/http/ec2/world.ts'
import { Wire } from '../../../world/faults.ts'
import { ec2World } from './world.ts'

beforeAll(loadClients)

const MINUTE = 60_000
const texts = (events: ReturnType<typeof ec2Client>['events'], level: string): string[] =>
  events.flatMap((event) => (event.kind === 'message' && event.level === level ? [event.text] : []))

describe('R32 no machine outlives its deadline', () => {
  test('R32 the killer is there before the machine, the timer is its first command, and both go with it', async () => {
    const world = await ec2World({ behaviour: () => ({ work: 5 * MINUTE, prints: ['epoch 1', 'epoch 2'] }) })
    const { jobs, wire, events } = ec2Client(world)
    await jobs.start(specOf())
    expect(wire.requests).toEqual([
      'objects.read',
      'objects.write',
      'scheduler POST',
      'ec2 DescribeLaunchTemplateVersions',
      'ec2 RunInstances',
      'objects.write',
    ])
    expect(world.schedules.size).toBe(1)
    expect(await jobs.wait('train-1')).toMatchObject({ state: 'succeeded', exitCode: 0, reason: null })
    expect(world.running).toEqual([])
    expect(world.schedules.size).toBe(0)
    const [machine] = world.machines
    expect(machine?.userData.split('\n').slice(0, 3)).toEqual([
      '#!/bin/bash',
      'systemd-run --unit=sluice-run --on-active=7200 systemctl poweroff --force',
      'systemd-run --unit=sluice-deadline --on-active=7200 systemctl poweroff --force',
    ])
    const lines = events.flatMap((event) => (event.kind === 'output' ? [event.line] : []))
    expect(lines).toEqual(['epoch 1', 'epoch 2'])
  })

  test('R32 where the killer cannot be made, no machine is started, and the next start begins anew', async () => {
    const world = await ec2World()
    const error = (): Error =>
      Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } })
    const refusing = new Wire((name) =>
      name === 'scheduler POST' ? { kind: 'error', when: 'before', error } : undefined,
    )
    const { jobs } = ec2Client(world, { wire: refusing })
    expect(await errorOf(jobs.start(specOf()))).toMatchObject({
      outcome: 'cannot-observe',
      message: expect.stringContaining('scheduler:CreateSchedule'),
    })
    expect(world.machines).toEqual([])
    await ec2Client(world).jobs.start(specOf())
    expect(world.machines).toHaveLength(1)
  })

  test('R32 targets of infrastructure that makes no killer are refused', async () => {
    const world = await ec2World()
    const { killer: _, ...target } = TARGET
    const { jobs, wire } = ec2Client(world, { target })
    expect(await errorOf(jobs.start(specOf()))).toMatchObject({ outcome: 'usage' })
    expect(wire.requests).toEqual([])
  })

  test('R32 the killer of the run ends a machine that its own timers do not, by the clock of EC2', async () => {
    const world = await ec2World({ behaviour: () => ({ dead: true }) })
    const { jobs } = ec2Client(world, { skew: -HOUR, steps: { train: { ...train, timeout: HOUR } } })
    await jobs.start(specOf('train-1', { ...train, timeout: HOUR }))
    await world.until(world.clock.now() + HOUR + MINUTE)
    expect(world.machines).toHaveLength(1)
    expect(world.machines[0]?.tags[LIFETIME_TAG]).toBe(String(HOUR))
    expect(world.running).toEqual([])
  })
})

describe('R33 one machine a job', () => {
  test('R33 a second start, also by another client, finds the first machine and follows it', async () => {
    const world = await ec2World({ behaviour: () => ({ work: MINUTE }) })
    const [first, second] = [ec2Client(world), ec2Client(world)]
    await first.jobs.start(specOf())
    await second.jobs.start(specOf())
    expect((await second.jobs.wait('train-1')).state).toBe('succeeded')
    expect((await first.jobs.wait('train-1')).state).toBe('succeeded')
    expect(world.machines).toHaveLength(1)
  })

  test('R33 clients that start at the same moment start one machine', async () => {
    const world = await ec2World({ behaviour: () => ({ work: MINUTE }) })
    const clients = [ec2Client(world), ec2Client(world), ec2Client(world)]
    await Promise.all(clients.map(({ jobs }) => jobs.start(specOf())))
    expect(world.machines).toHaveLength(1)
  })

  test('R33 EC2 does not show the machine for a minute: it is waited for, and not started again', async () => {
    const world = await ec2World({ behaviour: () => ({ work: 3 * MINUTE }), hiddenFor: MINUTE })
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    expect((await jobs.wait('train-1')).state).toBe('succeeded')
    expect(world.machines).toHaveLength(1)
  })

  test('R33 the token is of the job, its launch and its place, and never longer than EC2 takes', async () => {
    const asked: string[] = []
    const world = await ec2World({
      refuses: ({ subnet }) => (subnet === 'subnet-a' ? 'InsufficientInstanceCapacity' : undefined),
    })
    const launch = world.launch.bind(world)
    world.launch = (token, ...rest) => {
      asked.push(token)
      return launch(token, ...rest)
    }
    await ec2Client(world).jobs.start(specOf())
    await ec2Client(world).jobs.start(specOf('train-2'))
    expect(new Set(asked).size).toBe(4)
    expect(asked.every((token) => /^[0-9a-f]{64}$/.test(token))).toBe(true)
  })

  test('R33 a machine that was started under changed stacks is found by its tags', async () => {
    const world = await ec2World({ behaviour: () => ({ work: MINUTE }) })
    const killed = new Wire((name) =>
      name === 'ec2 RunInstances' ? { kind: 'kill', when: 'after' } : undefined,
    )
    const first = ec2Client(world, { wire: killed })
    await killed.run(first.jobs.start(specOf()))
    const second = ec2Client(world, { target: { ...TARGET, securityGroups: ['sg-2'] } })
    await second.jobs.start(specOf())
    expect((await second.jobs.wait('train-1')).state).toBe('succeeded')
    expect(world.machines).toHaveLength(1)
  })
})

describe('R35 a machine is looked for over zones, types and markets', () => {
  const inWords = ({ market, type, subnet }: Place): string => `${market} ${type} ${subnet}`

  test('R35 spot in every zone with every type that does, then on demand', async () => {
    const asked: string[] = []
    const world = await ec2World({
      refuses: (place) => {
        asked.push(inWords(place))
        return place.market === 'spot' ? 'InsufficientInstanceCapacity' : undefined
      },
    })
    const { jobs, events } = ec2Client(world)
    await jobs.start(specOf())
    expect(asked).toEqual([
      'spot g5.xlarge subnet-a',
      'spot g5.xlarge subnet-b',
      'spot g6.xlarge subnet-a',
      'spot g6.xlarge subnet-b',
      'on-demand g5.xlarge subnet-a',
    ])
    expect(texts(events, 'notice').slice(1)).toHaveLength(4)
    expect(texts(events, 'info')).toEqual([expect.stringContaining('g5.xlarge on demand in subnet-a')])
  })

  test('R35 a quota of spot machines holds for all of them', async () => {
    const asked: string[] = []
    const world = await ec2World({
      refuses: (place) => {
        asked.push(inWords(place))
        return place.market === 'spot' ? 'MaxSpotInstanceCountExceeded' : undefined
      },
    })
    await ec2Client(world).jobs.start(specOf())
    expect(asked).toEqual(['spot g5.xlarge subnet-a', 'on-demand g5.xlarge subnet-a'])
  })

  test.each([
    ['InsufficientInstanceCapacity', 'run train again later'],
    ['VcpuLimitExceeded', 'higher quota'],
    ['Unsupported', 'give the step a "machine"'],
  ])('R35 where all places refuse with %s it says so, and leaves nothing behind', async (code, remedy) => {
    const world = await ec2World({ refuses: () => code })
    const { jobs } = ec2Client(world)
    const error = await errorOf(jobs.start(specOf()))
    expect(error).toMatchObject({ outcome: 'external', message: expect.stringContaining(code) })
    expect((error as { remedy?: string }).remedy).toContain(remedy)
    expect(world.schedules.size).toBe(0)
    expect(world.options.objects.uris('s3://ledger/')).toEqual([])
  })

  test('R33 of two clients that are overtaken by each other, one machine is left: the one of the record', async () => {
    const world = await ec2World({ behaviour: () => ({ work: MINUTE }) })
    const { objects } = world.options
    const record = 's3://ledger/ledger/machines/train-1.json'
    const launch = world.launch.bind(world)
    let overtaken = false
    world.launch = (...order) => {
      const made = launch(...order)
      // Another client was refused here a moment ago, and has gone on to the next place.
      if (!overtaken)
        void objects.write(
          record,
          Buffer.from(JSON.stringify({ ...(objects.json(record) as object), placement: 1 })),
        )
      overtaken = true
      return made
    }
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    expect(world.machines).toHaveLength(2)
    expect(world.running.map(({ id }) => id)).toEqual([(objects.json(record) as { machine: string }).machine])
    expect((await jobs.wait('train-1')).state).toBe('succeeded')
  })
})

describe('R35 a machine on spot capacity is taken away', () => {
  const interval = 5 * MINUTE
  const place = `${TARGET.checkpoints}train-1/`
  const resumed = (variables: Readonly<Record<string, string>> | undefined): string =>
    variables?.['SLUICE_RESUME'] ?? ''

  test('R35 another goes on from the last complete checkpoint: no more than an interval is done again', async () => {
    const work = 30 * MINUTE
    const world = await ec2World({
      behaviour: (number) => ({
        work,
        checkpoints: interval,
        ...(number < 3 ? { interruptedAt: 11 * MINUTE } : {}),
      }),
    })
    const { jobs, events } = ec2Client(world)
    await jobs.start(specOf())
    expect(await jobs.wait('train-1')).toMatchObject({ state: 'succeeded' })
    expect(world.machines.map(({ market }) => market)).toEqual(['spot', 'spot', 'spot'])
    const took = world.machines.reduce((sum, { launchedAt, endedAt }) => sum + (endedAt ?? 0) - launchedAt, 0)
    expect(took).toBeLessThanOrEqual(work + 2 * interval + 3 * MINUTE)
    expect(texts(events, 'warning')).toEqual([
      expect.stringContaining('from its last complete checkpoint'),
      expect.stringContaining('from its last complete checkpoint'),
    ])
    // Nobody goes on from them any more.
    expect(world.options.objects.uris(place)).toEqual([])
  })

  test('R35 a checkpoint that was cut off in its upload is passed over', async () => {
    const world = await ec2World({
      behaviour: (number) => ({
        work: 30 * MINUTE,
        checkpoints: interval,
        upload: 4 * MINUTE,
        ...(number === 1 ? { interruptedAt: 9 * MINUTE } : {}),
      }),
    })
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    expect((await jobs.wait('train-1')).state).toBe('succeeded')
    // The second one was begun at 10 minutes of work, and had no manifest when the machine was gone at 11.
    expect(resumed(world.machines[1]?.variables)).toBe(`${place}manifests/000001.json`)
    expect(world.machines[1]?.variables['SLUICE_NEXT']).toBe('2')
  })

  test('R35 after three of them the next is on demand, and the time of all is the time of one', async () => {
    const world = await ec2World({
      behaviour: (number) => ({
        work: 40 * MINUTE,
        checkpoints: interval,
        interruptedAt: (number + 6) * MINUTE,
      }),
    })
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    expect((await jobs.wait('train-1')).state).toBe('succeeded')
    expect(world.machines.map(({ market }) => market)).toEqual(['spot', 'spot', 'spot', 'on-demand'])
    const lifetimes = world.machines.map(({ tags }) => Number(tags[LIFETIME_TAG]))
    expect(lifetimes).toEqual([...lifetimes].sort((a, b) => b - a))
    expect(lifetimes[3]).toBeLessThan(2 * HOUR - 3 * 6 * MINUTE)
  })

  test('R35 a client that comes after a machine was taken away starts the next one, once', async () => {
    const world = await ec2World({
      behaviour: (number) => ({ work: 20 * MINUTE, ...(number === 1 ? { interruptedAt: 5 * MINUTE } : {}) }),
    })
    await ec2Client(world).jobs.start(specOf())
    await world.until(world.clock.now() + 20 * MINUTE)
    const [second, third] = [ec2Client(world), ec2Client(world)]
    await Promise.all([second.jobs.start(specOf()), third.jobs.start(specOf())])
    const ends = await Promise.all([second.jobs.wait('train-1'), third.jobs.wait('train-1')])
    expect(ends.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
    expect(world.machines).toHaveLength(2)
  })
})

describe('R36 time and cost', () => {
  test('R36 what it may cost is said before anything is started', async () => {
    const world = await ec2World()
    const { jobs, wire, events } = ec2Client(world)
    await jobs.start(specOf('train-1', { ...train, retries: 1 }))
    expect(texts(events, 'notice')[0]).toBe(
      'step train: at most 2h, 2.02 USD an attempt (4.03 USD with 1 retry)',
    )
    expect(wire.requests[0]).toBe('objects.read')
  })

  test('R36 max-cost is the time that it buys, kept by the killer too', async () => {
    const world = await ec2World({ behaviour: () => ({ dead: true }) })
    const cheap = { ...train, maxCost: 0.503 }
    const { jobs } = ec2Client(world, { steps: { train: cheap } })
    await jobs.start(specOf('train-1', cheap))
    expect(world.machines[0]?.tags[LIFETIME_TAG]).toBe(String(HOUR / 2))
    await world.until(world.clock.now() + HOUR / 2 + 2 * MINUTE)
    expect(world.running).toEqual([])
  })

  test('R36 a step over its time is ended, and says how long it had', async () => {
    const late = { ...train, timeout: 3 * MINUTE }
    const world = await ec2World({ behaviour: () => ({ work: HOUR }) })
    const { jobs } = ec2Client(world, { steps: { train: late } })
    await jobs.start(specOf('train-1', late))
    expect(await jobs.wait('train-1')).toMatchObject({
      state: 'timed-out',
      reason: 'not done within 180000 ms',
    })
    expect(world.running).toEqual([])
  })

  test('R36 whoever waits ends a machine over its time, though neither its timer nor its killer does', async () => {
    const late = { ...train, timeout: 3 * MINUTE }
    const world = await ec2World({ behaviour: () => ({ dead: true }) })
    const { jobs } = ec2Client(world, { steps: { train: late } })
    await jobs.start(specOf('train-1', late))
    world.schedules.clear()
    const { launchedAt = 0 } = world.machines[0] ?? {}
    expect(await jobs.wait('train-1')).toMatchObject({ state: 'timed-out' })
    expect((world.machines[0]?.endedAt ?? Number.POSITIVE_INFINITY) - launchedAt).toBeLessThan(4 * MINUTE)
  })

  test('R36 a clock of ours that is an hour ahead ends no busy machine', async () => {
    const world = await ec2World({ behaviour: () => ({ work: 10 * MINUTE }) })
    const step = { ...train, timeout: 30 * MINUTE }
    const { jobs } = ec2Client(world, { skew: HOUR, steps: { train: step } })
    await jobs.start(specOf('train-1', step))
    expect((await jobs.wait('train-1')).state).toBe('succeeded')
    expect(world.machines).toHaveLength(1)
  })
})

describe('a job that does not end by itself', () => {
  test('stop ends the machine, is known afterwards, and may be repeated', async () => {
    const world = await ec2World({ behaviour: () => ({ work: HOUR }) })
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    const before = world.clock.now()
    await Promise.all([jobs.stop('train-1'), ec2Client(world).jobs.stop('train-1')])
    // Half a second of the runner's 7.5 s is left for the result.
    expect(world.clock.now() - before).toBeLessThan(7_000)
    expect(world.running).toEqual([])
    expect(world.schedules.size).toBe(0)
    expect(await ec2Client(world).jobs.wait('train-1')).toMatchObject({ state: 'stopped' })
    await jobs.stop('train-1')
  })

  test('R32 a machine that was just being started is ended as well', async () => {
    const world = await ec2World({ behaviour: () => ({ work: HOUR }), hiddenFor: 30_000 })
    const killed = new Wire((name) =>
      name === 'ec2 RunInstances' ? { kind: 'kill', when: 'after' } : undefined,
    )
    await killed.run(ec2Client(world, { wire: killed }).jobs.start(specOf()))
    await ec2Client(world).jobs.stop('train-1')
    expect(world.running).toEqual([])
  })

  test('R26 EC2 does not answer for ten minutes: the job goes on, and so does its client', async () => {
    const world = await ec2World({ behaviour: () => ({ work: 20 * MINUTE }) })
    const begin = world.clock.now()
    const down = (): boolean =>
      world.clock.now() > begin + 5 * MINUTE && world.clock.now() < begin + 15 * MINUTE
    const error = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    const wire = new Wire((name) =>
      name.startsWith('ec2') && down() ? { kind: 'error', when: 'before', error } : undefined,
    )
    const { jobs } = ec2Client(world, { wire })
    await jobs.start(specOf())
    expect((await jobs.wait('train-1')).state).toBe('succeeded')
    expect(world.machines).toHaveLength(1)
  })

  test.each([
    [{ exit: 3 }, 'failed', 3, 'exit code 3'],
    [{ exit: 137 }, 'failed', 137, 'exit code 137'],
  ])('a container that ends so %j is a job that %s', async (how, state, exitCode, reason) => {
    const world = await ec2World({ behaviour: () => ({ work: MINUTE, ...how }) })
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    expect(await jobs.wait('train-1')).toMatchObject({ state, exitCode, reason })
  })

  test('R24 a machine that ends without a word has failed, and one that EC2 has forgotten is unknown', async () => {
    const world = await ec2World({ behaviour: () => ({ dead: true }) })
    const { jobs } = ec2Client(world)
    await jobs.start(specOf())
    const [machine] = world.machines
    await world.until(world.clock.now() + 10 * MINUTE)
    if (machine !== undefined) world.end(machine, 'Client.UserInitiatedShutdown')
    expect(await jobs.wait('train-1')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('ended without a result'),
    })
    await jobs.start(specOf('train-2'))
    const [, other] = world.machines
    if (other !== undefined) world.end(other, 'Client.UserInitiatedShutdown')
    await world.until(world.clock.now() + 2 * HOUR)
    expect(await errorOf(jobs.wait('train-2'))).toMatchObject({ outcome: 'cannot-observe' })
  })
})
