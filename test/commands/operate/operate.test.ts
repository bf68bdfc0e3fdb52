import { describe, expect, test } from 'vitest'
import { operate } from '../../../src/commands/operate.ts'
import { rollout } from '../../../src/commands/rollout.ts'
import { SluiceError } from '../../../src/domain/error.ts'
import { OPERATIONS } from '../../../src/domain/operations.ts'
import type { Billed } from '../../../src/providers/ports/billing.ts'
import { tableLines } from '../../../src/runtime/table.ts'
import { image, LEDGER, World } from '../../world/cloud.ts'
import { desk, imagesJson, SHOP_YAML } from '../../world/yaml.ts'

const IMAGES = '/project/.sluice/test/images.json'

async function released(...contents: string[]): Promise<World> {
  const cloud = new World()
  for (const content of contents) {
    const { world } = desk(cloud, { files: { [IMAGES]: imagesJson({ web: content, api: 'v1' }) } })
    const report = await rollout(world, {})
    if (report.outcome !== 'done') throw new Error(report.message)
  }
  return cloud
}

test('rollout takes the images of images.json, leaves release.json and its outputs', async () => {
  const cloud = new World()
  const { world, runtime } = desk(cloud, { files: { [IMAGES]: imagesJson({ web: 'v1', api: 'v1' }) } })
  const report = await rollout(world, {})
  expect(report).toMatchObject({
    command: 'rollout',
    outcome: 'done',
    outputs: { url: 'http://web.test', previous: '' },
  })
  const written = JSON.parse(runtime.files.texts()['/project/.sluice/test/release.json'] ?? '{}') as {
    id: string
  }
  expect(written.id).toBe(report.outputs['release'])
  expect(written).toMatchObject({
    schema: 'sluice.release/v1',
    sequence: 1,
    by: 'ada',
    commit: 'unversioned',
  })
})

test('rollout without a build says what to run', async () => {
  const { world } = desk(new World())
  await expect(rollout(world, {})).rejects.toMatchObject({
    outcome: 'usage',
    remedy: expect.stringContaining('sluice build'),
  })
})

test('R27 --image moves one image by digest and refuses a tag, a wrong name and nonsense, all at once', async () => {
  const cloud = await released('v1')
  const { world } = desk(cloud)
  const report = await rollout(world, { images: [`web=${image('web', 'v9')}`] })
  expect(report.outcome).toBe('done')
  expect(cloud.host.traffic('web')).toEqual({ [image('web', 'v9')]: 100 })
  expect(cloud.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
  const wrong = rollout(world, { images: ['web=local/shop/web:latest', 'wbe=x', 'nonsense'] })
  await expect(wrong).rejects.toMatchObject({
    outcome: 'usage',
    problems: [
      { what: expect.stringContaining('has no digest') },
      { remedy: expect.stringContaining('did you mean web') },
      { what: expect.stringContaining('nonsense') },
    ],
  })
})

test('status shows what every service runs and where', async () => {
  const cloud = await released('v1')
  await cloud.host.pause('api')
  const report = await operate(desk(cloud).world, { operation: 'status' })
  expect(report.outputs['table']).toContain('| web | running | 1 | 1 |')
  expect(report.outputs['table']).toContain('http://web.test')
  expect(report.outputs['table']).toMatch(/\| api \| paused \| 0 \| 0 \|/)
  expect(report.data).toMatchObject({ sequence: 1 })
})

test('status says what the environment costs as it runs, and every table fits into 80 columns', async () => {
  const cloud = await released('v1')
  const yaml = SHOP_YAML.replace(
    '{ cloud: local }',
    '{ cloud: aws, account: "222222222222", region: us-east-1, zone: example.com }',
  ).replace('web: { image: web, port', 'web: { image: web, public: true, domain: shop.example.com, port')
  const { world, runtime } = desk(cloud, { files: { '/project/sluice.yml': yaml } })
  const report = await operate(world, { operation: 'status', cost: true })
  expect(report.message).toMatch(
    /^release 1 is live; at least \$[0-9.]+ a month at list prices of us-east-1 of 20/,
  )
  expect(report.outputs['table']).toContain('https://shop.example.com')
  expect(report.outputs['table']).toContain('| load balancer |')
  const tables = runtime.events.filter((event) => event.kind === 'table')
  expect(tables).toHaveLength(3)
  for (const { columns, rows } of tables)
    for (const line of tableLines({ columns, rows }, 80)) expect(line.length).toBeLessThanOrEqual(80)
  const plain = await operate(desk(cloud).world, { operation: 'status', cost: true })
  expect(plain).toMatchObject({ outcome: 'done', data: { cost: null } })
  await expect(operate(world, { operation: 'status', cost: true, service: 'web' })).rejects.toMatchObject({
    outcome: 'usage',
  })
})

describe('status --cost with a bill', () => {
  const billed = {
    lines: [
      { stack: 'compute', amount: 12.5 },
      { stack: '', amount: 0.5 },
    ],
    currency: 'USD',
    upTo: '2026-11-20',
    delay: 'AWS adds to it once a day',
    unfound: 'activate the tags',
  }
  /** Status of what is live, on a cloud that answers so. */
  const statusWith = async (bill: () => Promise<Billed>) => {
    const cloud = await released('v1')
    const provider = cloud.provider.bind(cloud)
    cloud.provider = (wire) => ({ ...provider(wire), billing: { billed: bill } })
    return operate(desk(cloud).world, { operation: 'status', cost: true })
  }

  test('what was billed stands by stack, with the day up to which it was and how late bills are', async () => {
    const report = await statusWith(async () => billed)
    expect(report.message).toMatch(
      /13\.00 USD billed since \S+, up to 2026-11-20; AWS adds to it once a day$/,
    )
    expect(report.outputs['table']).toContain('| compute | 12.50 |')
    expect(report.data).toMatchObject({ billed: { upTo: '2026-11-20' } })
  })

  test('where nothing is on the bill it says what to do', async () => {
    const report = await statusWith(async () => ({ ...billed, lines: [], upTo: null }))
    expect(report).toMatchObject({ outcome: 'done', message: expect.stringContaining('activate the tags') })
  })

  test('R24 a bill that cannot be read is told with the permission, and the status stands', async () => {
    const report = await statusWith(async () => {
      throw new SluiceError('cannot-observe', 'user', {
        what: 'asking what was billed: not permitted',
        rule: 'it needs ce:GetCostAndUsage on *',
      })
    })
    expect(report).toMatchObject({ outcome: 'done', data: { billed: null, sequence: 1 } })
    expect(report.message).toContain('what was billed is not known')
    expect(report.message).toContain('ce:GetCostAndUsage on *')
  })
})

test('pause and resume take one service or all', async () => {
  const cloud = await released('v1')
  const { world } = desk(cloud)
  const states = async () => [
    (await cloud.host.describe('web')).state,
    (await cloud.host.describe('api')).state,
  ]
  await operate(world, { operation: 'pause', service: 'web' })
  expect(await states()).toEqual(['paused', 'running'])
  await operate(world, { operation: 'pause' })
  expect(await states()).toEqual(['paused', 'paused'])
  await operate(world, { operation: 'resume' })
  expect(await states()).toEqual(['running', 'running'])
  await operate(desk(cloud, { dryRun: true }).world, { operation: 'pause' })
  expect(await states()).toEqual(['running', 'running'])
})

test('a mistyped service or operation is refused with the nearest name', async () => {
  const { world } = desk(await released('v1'))
  await expect(operate(world, { operation: 'status', service: 'wbe' })).rejects.toMatchObject({
    outcome: 'usage',
    remedy: 'did you mean web?',
  })
  await expect(operate(world, { operation: 'rolback' })).rejects.toMatchObject({
    remedy: 'did you mean rollback?',
  })
})

test('logs of several services come as one story', async () => {
  const { world, runtime } = desk(await released('v1'))
  const report = await operate(world, { operation: 'logs', since: '10m' })
  const lines = runtime.events.flatMap((event) =>
    event.kind === 'output' ? [`${event.source}: ${event.line}`] : [],
  )
  expect(lines.sort()).toEqual(['api: hello from api', 'web: hello from web'])
  expect(report.message).toContain('2 lines')
  await expect(operate(world, { operation: 'logs', since: 'yesterday' })).rejects.toMatchObject({
    outcome: 'usage',
  })
})

test('R29 rollback brings the release before back as a release of its own, and again forward', async () => {
  const cloud = await released('v1', 'v2')
  const { world } = desk(cloud)
  const report = await operate(world, { operation: 'rollback' })
  expect(report).toMatchObject({ command: 'operate', outcome: 'done', message: 'release 3 is live' })
  expect(cloud.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
  expect(cloud.objects.json(`${LEDGER}releases/3.json`)).toMatchObject({
    forced: { by: 'ada', reason: 'rollback' },
  })
  await operate(world, { operation: 'rollback', to: '2' })
  expect(cloud.host.traffic('web')).toEqual({ [image('web', 'v2')]: 100 })
  expect((await operate(world, { operation: 'rollback', to: '2' })).data).toMatchObject({ changes: false })
})

test('R29 a rollback leaves a service alone that did not change, although its revision bears the same release', async () => {
  const cloud = await released('v1', 'v2')
  const { world, runtime } = desk(cloud)
  await operate(world, { operation: 'rollback' })
  expect(cloud.host.made).toBe(4)
  const rows = runtime.events.findLast((event) => event.kind === 'table')
  expect(rows).toMatchObject({
    rows: [
      ['api', expect.any(String), expect.any(String), '100 %', 'unchanged'],
      expect.arrayContaining(['web']),
    ],
  })
})

test('R29 a rollback that fails ends on what was live before it', async () => {
  const cloud = await released('v1', 'v2')
  const { world } = desk(cloud, { machine: { http: () => ({ status: 500 }) } })
  expect((await operate(world, { operation: 'rollback' })).outcome).toBe('rolled-back')
  expect(cloud.host.traffic('web')).toEqual({ [image('web', 'v2')]: 100 })
  expect(cloud.host.traffic('api')).toEqual({ [image('api', 'v1')]: 100 })
})

test('rollback without a release before, or to an unknown one, says so', async () => {
  const cloud = await released('v1')
  const { world } = desk(cloud)
  await expect(operate(world, { operation: 'rollback' })).rejects.toMatchObject({ outcome: 'refused' })
  await expect(operate(world, { operation: 'rollback', to: '7' })).rejects.toMatchObject({ outcome: 'usage' })
  await expect(operate(desk(new World()).world, { operation: 'rollback' })).rejects.toThrow('nothing is live')
})

test('history lists releases, the newest first, with how each ended', async () => {
  const cloud = await released('v1', 'v2')
  const bad = desk(cloud, {
    files: { [IMAGES]: imagesJson({ web: 'v3', api: 'v1' }) },
    machine: { http: () => ({ status: 500 }) },
  })
  await rollout(bad.world, {})
  const { world } = desk(cloud)
  await operate(world, { operation: 'rollback' })
  const report = await operate(world, { operation: 'history' })
  const releases = report.data['releases'] as { sequence: number; end: string }[]
  expect(releases.map(({ sequence, end }) => `${sequence} ${end}`)).toEqual([
    '4 live',
    '3 rolled back',
    '2 replaced',
    '1 replaced',
  ])
})

test('R22 drift names what somebody else has changed, and nothing after a rollout', async () => {
  const cloud = await released('v1')
  const { world } = desk(cloud)
  expect(await operate(world, { operation: 'drift' })).toMatchObject({
    outcome: 'done',
    data: { differences: [] },
  })
  const record = cloud.host.records.get('web')
  const [one] = record?.revisions.values() ?? []
  if (record === undefined || one === undefined) throw new Error('no revision')
  record.revisions.set(one.id, { ...one, spec: { ...one.spec, image: image('web', 'hacked') } })
  const report = await operate(world, { operation: 'drift' })
  expect(report).toMatchObject({
    outcome: 'refused',
    data: { differences: [{ service: 'web', what: 'image', served: image('web', 'hacked') }] },
  })
})

test('R22 a rollout after drift brings the service back to its release', async () => {
  const cloud = await released('v1')
  const record = cloud.host.records.get('web')
  const [one] = record?.revisions.values() ?? []
  if (record === undefined || one === undefined) throw new Error('no revision')
  record.revisions.delete(one.id)
  const foreign = { ...one, id: 'foreign', spec: { ...one.spec, image: image('web', 'hacked') } }
  record.revisions.set('foreign', foreign)
  record.live = 'foreign'
  const { world } = desk(cloud, { files: { [IMAGES]: imagesJson({ web: 'v1', api: 'v1' }) } })
  expect((await rollout(world, {})).outcome).toBe('done')
  expect(cloud.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
  expect(cloud.objects.uris(`${LEDGER}releases/`)).toHaveLength(1)
})

test('what a cloud cannot do is refused by name', async () => {
  const { world } = desk(await released('v1'))
  for (const operation of ['clean', 'reap', 'destroy']) {
    await expect(operate(world, { operation })).rejects.toMatchObject({ outcome: 'usage' })
  }
})

test('every operation of the list is known to the command', async () => {
  const cloud = await released('v1', 'v2')
  for (const operation of OPERATIONS) {
    const end = await operate(desk(cloud, { dryRun: true }).world, { operation }).catch(
      (error: Error) => error,
    )
    expect(String((end as Error).message)).not.toContain('there is no operation')
  }
})
