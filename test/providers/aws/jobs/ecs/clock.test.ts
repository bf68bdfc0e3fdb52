import { beforeAll, describe, expect, test } from 'vitest'
import {
  HOUR,
  loadClients,
  MACHINES,
  specOf,
  taskClient,
  train,
} from '../../../../world/cloud-world/http/ecs-tasks/client.ts'
import { taskWorld } from './world.ts'

beforeAll(loadClients)

const MINUTE = 60_000
const spec = specOf('train-1', { ...train, timeout: 5 * MINUTE })

describe('R36 a clock of ours that is hours off', () => {
  test.each([-5, 26])('by %i hours ends no task that is busy', async (hours) => {
    const busy = { placing: 2 * MINUTE, lasts: 4 * MINUTE }
    const world = await taskWorld({ behaviour: () => busy })
    const { jobs } = taskClient(world, { skew: hours * HOUR, target: MACHINES })
    await jobs.start(spec)
    expect(await jobs.wait('train-1')).toMatchObject({ state: 'succeeded' })
  })

  test('five of them ahead ends a task that is over its time all the same', async () => {
    const world = await taskWorld({ behaviour: () => ({ placing: MINUTE }) })
    const { jobs } = taskClient(world, { skew: 5 * HOUR })
    await jobs.start(spec)
    world.schedules.clear()
    expect(await jobs.wait('train-1')).toMatchObject({
      state: 'timed-out',
      reason: 'not done within 300000 ms',
    })
    const [task] = world.tasks
    expect((task?.ended?.at ?? 0) - (task?.startedAt ?? 0)).toBeLessThan(6 * MINUTE)
  })
})
