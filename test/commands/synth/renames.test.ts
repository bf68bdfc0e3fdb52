import { describe, expect, test } from 'vitest'
import { synthesizer } from '../../../cdktf/index.ts'
import type { Report, World } from '../../../src/commands/command.ts'
import { holdsOf, proposedRenames, type Written } from '../../../src/commands/synth/propose.ts'
import { synth } from '../../../src/commands/synth.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { stacks } from '../../cdktf/stack.ts'

const SHOP = `
services:
  api: { image: app, port: 8000, domain: api.films.example, connects: [db] }
  query-api: { image: app, port: 8001, connects: [db, api] }
databases: { db: {} }
buckets: { raw: {}, kept: { versioned: true } }
pipelines: { daily: { steps: { one: { image: app, connects: [db] } } } }
`
const written = async (text: string): Promise<Written[]> =>
  (await stacks(text)).map(({ name, json }) => ({ name, json, holds: holdsOf(json) }))
const proposed = async (before: string, after: string): Promise<string[]> =>
  proposedRenames(await written(before), await written(after)).map(
    ({ kind, from, to }) => `${kind}.${from} -> ${kind}.${to}`,
  )

describe('a name that looks changed', () => {
  test.each([
    [
      'a service that others connect',
      [/\bapi(?=: \{ image: app, port: 8000)|(?<=\[db, )api/g, 'web'],
      ['services.api -> services.web'],
    ],
    [
      'a service with another size',
      [/query-api: \{/g, 'reader: { size: { cpu: 1, memory: 2GiB },'],
      ['services.query-api -> services.reader'],
    ],
    ['a database', [/\bdb\b/g, 'films'], ['databases.db -> databases.films']],
    ['a bucket', [/raw: \{\}/g, 'videos: {}'], ['buckets.raw -> buckets.videos']],
    ['a pipeline', [/daily/g, 'nightly'], ['pipelines.daily -> pipelines.nightly']],
  ] as const)('is proposed of %s', async (_, [pattern, text], expected) => {
    expect(await proposed(SHOP, SHOP.replace(pattern, text))).toEqual(expected)
  })

  test('is not proposed of what is made of other resources', async () => {
    expect(await proposed(SHOP, SHOP.replace('raw: {}', 'videos: { versioned: true }'))).toEqual([])
  })

  test('is not proposed between kinds, nor of what only came or only went', async () => {
    expect(await proposed(SHOP, SHOP.replace('raw: {}, ', ''))).toEqual([])
    expect(await proposed(SHOP, SHOP.replace('raw: {}', 'raw: {}, more: {}'))).toEqual([])
    const table = 'tables: { raw-rows: { attributes: { id: string }, key: { partition: id } } }\n'
    expect(await proposed(SHOP, SHOP.replace('raw: {}, ', '') + table)).toEqual([])
  })

  test('R16 is not proposed where two could be meant', async () => {
    expect(await proposed(SHOP, SHOP.replace('raw: {}', 'videos: {}, films: {}'))).toEqual([])
    const two = SHOP.replace('raw: {}', 'raw: {}, old: {}')
    expect(await proposed(two, SHOP.replace('raw: {}', 'videos: {}'))).toEqual([])
  })

  test('is proposed of each of two at once', async () => {
    const after = SHOP.replace('raw: {}', 'videos: {}').replaceAll(/\bdb\b/g, 'films')
    expect(await proposed(SHOP, after)).toEqual([
      'buckets.raw -> buckets.videos',
      'databases.db -> databases.films',
    ])
  })
})

const HEAD = `system: films
environments: { test: { cloud: aws, region: us-east-1, account: "222222222222", zone: films.example } }
images: { app: { context: app } }
`

async function run(runtime: FakeRuntime, text: string): Promise<Report> {
  await runtime.files.write('/project/sluice.yml', HEAD + text)
  const world: World = {
    runtime,
    openProvider: () => Promise.reject(new Error('synth opens no cloud')),
    openSynthesizer: async () => synthesizer,
    request: { file: 'sluice.yml', environment: 'test', dryRun: false },
  }
  return synth(world, {})
}
const warnings = (runtime: FakeRuntime): string[] =>
  runtime.events.flatMap((event) =>
    event.kind === 'message' && event.level === 'warning' ? [event.text] : [],
  )

describe('sluice synth', () => {
  test('proposes the line for a name that looks changed since the stacks were written', async () => {
    const runtime = fakeRuntime({})
    await run(runtime, SHOP)
    expect(warnings(runtime)).toEqual([])
    const report = await run(runtime, SHOP.replace('raw: {}', 'videos: {}'))
    expect(report.data['proposals']).toEqual([{ kind: 'buckets', from: 'raw', to: 'videos' }])
    expect(warnings(runtime)).toEqual([
      expect.stringContaining('write "renamed: { buckets.raw: buckets.videos }"'),
    ])
    expect(report.summary).toContain('renamed: { buckets.raw: buckets.videos }')
  })

  test('R16 with that line moves, says what is replaced, and proposes nothing', async () => {
    const runtime = fakeRuntime({})
    await run(runtime, SHOP)
    const line = 'renamed: { buckets.raw: buckets.videos }\n'
    const report = await run(runtime, SHOP.replace('raw: {}', 'videos: {}') + line)
    expect(report.data['proposals']).toBeUndefined()
    expect(warnings(runtime)).toEqual([])
    expect(report.summary).toContain('**`films-test-raw-222222222222` is replaced**')
    const json = JSON.parse(
      Buffer.from(
        (await runtime.files.read('/project/.sluice/test/stacks/data/cdk.tf.json')) ?? [],
      ).toString(),
    ) as { moved: { from: string; to: string }[] }
    expect(json.moved.map(({ from }) => from.split('.')[0])).toContain('aws_s3_bucket')
  })

  test('says nothing of stacks that it cannot read', async () => {
    const runtime = fakeRuntime({})
    await run(runtime, SHOP)
    await runtime.files.write('/project/.sluice/test/stacks/data/cdk.tf.json', '{')
    const report = await run(runtime, SHOP.replace('raw: {}', 'videos: {}'))
    expect(report.data['proposals']).toBeUndefined()
  })
})
