import { expect, test } from 'vitest'
import type { World as CommandWorld } from '../../../src/commands/command.ts'
import { operate } from '../../../src/commands/operate.ts'
import { rollout } from '../../../src/commands/rollout.ts'
import { World } from '../../world/cloud.ts'
import { desk, imagesJson } from '../../world/yaml.ts'

/** A cloud that has more than services, which writes down what is asked of it. */
async function shop(dryRun = false): Promise<{ world: CommandWorld; asked: string[] }> {
  const cloud = new World()
  const files = { '/project/.sluice/test/images.json': imagesJson({ web: 'v1', api: 'v1' }) }
  await rollout(desk(cloud, { files }).world, {})
  const { world } = desk(cloud, { dryRun })
  const provider = await world.openProvider('local', {} as never)
  const asked: string[] = []
  const note =
    (what: string, act: (service: string) => Promise<void> = async () => {}) =>
    async (service: string): Promise<void> => {
      asked.push(`${what} ${service}`)
      await act(service)
    }
  const { pause, resume } = provider.operations
  const operations = {
    ...provider.operations,
    pause: note('pause', (service) => pause.call(provider.operations, service)),
    resume: note('resume', (service) => resume.call(provider.operations, service)),
    rest: {
      pause: async () => {
        asked.push('pause the rest')
        return ['db stopping']
      },
      resume: async () => {
        asked.push('resume the rest')
        return ['db started']
      },
      stopped: async () => [],
    },
  }
  return { world: { ...world, openProvider: async () => ({ ...provider, operations }) }, asked }
}

test('the whole system pauses its services before its databases, and resumes them after', async () => {
  const { world, asked } = await shop()
  const paused = await operate(world, { operation: 'pause' })
  expect(paused.message).toMatch(/^paused .*, db stopping$/)
  expect(paused.data['rest']).toEqual(['db stopping'])
  const services = asked.filter((what) => what.startsWith('pause ') && what !== 'pause the rest')
  expect(services.length).toBeGreaterThan(1)
  expect(asked).toEqual([...services, 'pause the rest'])
  asked.length = 0
  const resumed = await operate(world, { operation: 'resume' })
  expect(asked[0]).toBe('resume the rest')
  expect(resumed.message).toMatch(/^resumed .*, db started$/)
})

test('one service takes nothing else along, and a dry run nothing at all', async () => {
  const one = await shop()
  await operate(one.world, { operation: 'pause', service: 'web' })
  await operate(one.world, { operation: 'resume', service: 'web' })
  expect(one.asked).toEqual(['pause web', 'resume web'])
  const dry = await shop(true)
  expect((await operate(dry.world, { operation: 'pause' })).message).toMatch(/^would pause /)
  expect(dry.asked).toEqual([])
})
