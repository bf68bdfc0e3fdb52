import { expect, test } from 'vitest'
import type { World as CommandWorld } from '../../../src/commands/command.ts'
import { operate } from '../../../src/commands/operate.ts'
import type { WorkerImages } from '../../../src/providers/ports/workers.ts'
import { World } from '../../world/cloud.ts'
import { desk, SHOP_YAML } from '../../world/yaml.ts'

/** The shop with a GPU worker, on a cloud whose machines can, or cannot, begin again. */
async function shop(restart?: NonNullable<WorkerImages['restart']>): Promise<CommandWorld> {
  const yaml = SHOP_YAML.replace(
    '{ cloud: local }',
    '{ cloud: aws, region: eu-west-1, account: "222222222222" }',
  )
    .replace(/^rollout:.*$/m, '')
    .concat('workers: { detector: { image: api, gpu: 1 } }\n')
  const { world } = desk(new World(), { files: { '/project/sluice.yml': yaml } })
  const provider = await world.openProvider('local', {} as never)
  const workers: WorkerImages = {
    read: async () => undefined,
    write: async () => {},
    ...(restart === undefined ? {} : { restart }),
  }
  return { ...world, openProvider: async () => ({ ...provider, workers }) }
}

test('the machines of a worker begin again when it is named, with two minutes to end their work', async () => {
  const asked: unknown[] = []
  const world = await shop(async (...which) => {
    asked.push(which)
    return ['i-1']
  })
  expect(await operate(world, { operation: 'restart', service: 'detector' })).toMatchObject({
    outcome: 'done',
    message: 'restarted detector',
  })
  expect(asked).toEqual([['detector', 120_000]])
})

test('where machines cannot begin again in place, that is said', async () => {
  await expect(operate(await shop(), { operation: 'restart', service: 'detector' })).rejects.toMatchObject({
    outcome: 'refused',
  })
})

test('a worker is no service that could be paused', async () => {
  await expect(operate(await shop(), { operation: 'pause', service: 'detector' })).rejects.toMatchObject({
    outcome: 'usage',
  })
})
