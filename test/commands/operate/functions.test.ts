import { expect, test } from 'vitest'
import { operate } from '../../../src/commands/operate.ts'
import type { LogLine } from '../../../src/providers/ports/operations.ts'
import { World } from '../../world/cloud.ts'
import { desk, SHOP_YAML } from '../../world/yaml.ts'

/** The shop with two functions on a cloud that writes down what it is asked for. */
async function shop(cloud: string) {
  const yaml = SHOP_YAML.replace('{ cloud: local }', cloud)
    .replace(/^rollout:.*$/m, '')
    .concat(
      'functions:\n  thumb: { image: api }\n  tidy: { source: tidy, handler: main.run, runtime: nodejs22.x }\n',
    )
  const files = { '/project/sluice.yml': yaml, '/project/tidy/main.mjs': 'export const run = () => {}' }
  const { world } = desk(new World(), { files })
  const provider = await world.openProvider('local', {} as never)
  const [described, read]: string[][] = [[], []]
  const services: typeof provider.services = {
    ...provider.services,
    describe: async (service) => {
      described?.push(service)
      return { service, state: 'absent', url: null, revisions: [] }
    },
  }
  const operations: typeof provider.operations = {
    ...provider.operations,
    async *logs(service): AsyncGenerator<LogLine> {
      read?.push(service)
      yield { at: 0, stream: 'stdout', revision: '1', text: `a line of ${service}` }
    },
  }
  return {
    described,
    read,
    run: (operation: string, service?: string) =>
      operate(
        { ...world, openProvider: async () => ({ ...provider, services, operations }) },
        { operation, ...(service === undefined ? {} : { service }) },
      ),
  }
}

const AWS = '{ cloud: aws, region: eu-west-1, account: "222222222222" }'

test('status on AWS shows functions that a release moves; code that apply publishes has none', async () => {
  const { described, run } = await shop(AWS)
  await run('status')
  expect(described).toEqual(['web', 'api', 'thumb'])
})

test('logs are those of services and of every function', async () => {
  const { read, run } = await shop(AWS)
  expect((await run('logs')).message).toContain('4 lines')
  expect(read).toEqual(['web', 'api', 'thumb', 'tidy'])
})

test('a function is no service that could be paused', async () => {
  const { run } = await shop(AWS)
  await expect(run('pause', 'thumb')).rejects.toMatchObject({ outcome: 'usage' })
})
