import { describe, expect, test } from 'vitest'
import type { World } from '../../src/commands/command.ts'
import { validate } from '../../src/commands/validate.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'

const TEXT = `system: s
environments:
  local: { cloud: local }
  production: { cloud: aws, region: us-east-1, account: "222222222222" }
images: { a: { context: a } }
services: { api: { image: a, port: 80 }, query: { image: a } }
workers: { detector: { image: a } }
`

function world(text: string, environment = ''): World & { runtime: ReturnType<typeof fakeRuntime> } {
  const runtime = fakeRuntime({ files: { '/project/sluice.yml': text } })
  const openProvider = () => expect.unreachable('a cloud was opened')
  return { runtime, openProvider, request: { file: 'sluice.yml', environment, dryRun: false } }
}

describe('sluice validate', () => {
  test('counts the resources of each environment, and warns of what its cloud cannot run', async () => {
    const given = world(TEXT)
    const report = await validate(given, {})
    expect(report).toMatchObject({
      command: 'validate',
      outcome: 'done',
      message: 'sluice.yml is valid for local, production',
    })
    expect(given.runtime.events).toEqual([
      {
        kind: 'table',
        title: 'sluice.yml',
        columns: ['environment', 'cloud', 'images', 'services', 'workers'],
        rows: [
          ['local', 'local', '1', '2', '1'],
          ['production', 'aws', '1', '2', '1'],
        ],
      },
      {
        kind: 'message',
        level: 'warning',
        text: 'local cannot be opened yet: sluice.yml:7:12: workers.detector: cloud local runs a worker from its script, not from an image (environment local)',
      },
    ])
    expect(report.summary).toBe(
      '| environment | cloud | images | services | workers |\n| --- | --- | --- | --- | --- |\n| local | local | 1 | 2 | 1 |\n| production | aws | 1 | 2 | 1 |\n',
    )
  })

  test('says which cron the workflow of a scheduled pipeline has', async () => {
    const step = 'steps: { s: { image: a, command: [a] } }'
    const text = `${TEXT}pipelines:
  fit: { schedule: monthly, ${step} }
  look: { schedule: "*/5 * * * *", ${step} }
  once: { ${step} }
`
    const given = world(text, 'production')
    const { data } = await validate(given, {})
    expect(data['schedules']).toEqual([
      { pipeline: 'fit', schedule: 'monthly', cron: '17 3 1 * *' },
      { pipeline: 'look', schedule: '*/5 * * * *', cron: '*/5 * * * *' },
    ])
    const texts = given.runtime.events.flatMap((event) => (event.kind === 'message' ? [event.text] : []))
    expect(texts[0]).toContain('on: { schedule: [{ cron: "17 3 1 * *" }] }')
  })

  test('with an environment, what its cloud cannot run is an error', async () => {
    await expect(validate(world(TEXT, 'local'), {})).rejects.toMatchObject({
      outcome: 'usage',
      remedy: 'take it out of this environment: set: { workers.detector: null }',
    })
    expect(await validate(world(TEXT, 'production'), {})).toMatchObject({
      message: 'sluice.yml is valid for production',
      data: { environments: [{ name: 'production', cloud: 'aws', counts: { services: 2 }, notCarried: [] }] },
    })
  })

  test('R44 a bad file is refused with every problem, and nothing is emitted', async () => {
    const given = world(`${TEXT}bukets: {}\nrollout: { bake: 5 }\n`)
    await expect(validate(given, {})).rejects.toMatchObject({
      outcome: 'usage',
      problems: [{ at: 'sluice.yml:8:1' }, { at: 'sluice.yml:9:18' }],
    })
    expect(given.runtime.events).toEqual([])
  })
})
