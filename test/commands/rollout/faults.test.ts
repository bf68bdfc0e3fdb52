import { expect, test } from 'vitest'
import { externalError, SluiceError } from '../../../src/domain/error.ts'
import { type ClientOptions, rollOut } from '../../world/client.ts'
import { image, LEDGER, World } from '../../world/cloud.ts'
import { type Fault, Wire } from '../../world/faults.ts'

const busy = () => externalError('service', { what: '503 Slow Down' })
const denied = () => new SluiceError('cannot-observe', 'user', { what: 'AccessDenied' })

async function second(
  plan: (request: string, number: number) => Fault | undefined,
  options: ClientOptions = {},
) {
  const world = new World()
  await rollOut(world)
  const wire = new Wire(plan)
  const { report } = await rollOut(world, { content: { web: 'v2', api: 'v2' }, wire, ...options })
  return { world, report, wire }
}

const onOld = (world: World) => [world.host.traffic('web'), world.host.traffic('api')]
const OLD = [{ [image('web', 'v1')]: 100 }, { [image('api', 'v1')]: 100 }]
const NEW = [{ [image('web', 'v2')]: 100 }, { [image('api', 'v2')]: 100 }]

for (const method of ['stage', 'shift', 'settle', 'describe'] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`R28 the answer to services.${method} lost ${when} its effect is asked for again`, async () => {
      let failures = 0
      const { world, report } = await second((request) =>
        request === `services.${method}` && failures++ < 2 ? { kind: 'error', when, error: busy } : undefined,
      )
      expect(report.outcome).toBe('done')
      expect(onOld(world)).toEqual(NEW)
      expect(world.host.made).toBe(4)
    })
  }
}

test('R24 a permission that is taken away in mid-wait ends it at once, with cannot-observe, never with success', async () => {
  let looks = 0
  const { world, report } = await second((request) => {
    if (request !== 'services.describe') return undefined
    looks++
    return looks === 4 ? { kind: 'error', when: 'before', error: denied } : undefined
  })
  expect(report.outcome).toBe('cannot-observe')
  expect(looks).toBeLessThan(20)
  expect(onOld(world)).toEqual(OLD)
  expect(world.objects.json(`${LEDGER}live.json`)).toMatchObject({ sequence: 1 })
})

test('R24 R29 where nothing can be observed any more, nothing is claimed', async () => {
  let looks = 0
  const { report } = await second((request) => {
    if (request !== 'services.describe') return undefined
    looks++
    return looks >= 4 ? { kind: 'error', when: 'before', error: denied } : undefined
  })
  expect(report.outcome).toBe('cannot-observe')
  expect(report.message).toContain('going back failed')
})

test('R29 a rollback that the platform refuses is rollback-failed and names the service', async () => {
  const { report } = await second(
    (request) => {
      const kind = 'error' as const
      return request === 'services.revert'
        ? { kind, when: 'before', error: () => new SluiceError('external', 'user', { what: 'no capacity' }) }
        : undefined
    },
    { machine: { http: () => ({ status: 500 }) } },
  )
  expect(report.outcome).toBe('rollback-failed')
  expect(report.message).toMatch(/web: no capacity.*api: no capacity|api: no capacity.*web: no capacity/)
})

test('R25 a platform that never answers again ends with the time of the rollout', async () => {
  let shifts = 0
  const { report } = await second((request) =>
    request === 'services.shift' && ++shifts === 1 ? { kind: 'hang' } : undefined,
  )
  expect(report.outcome).toBe('timed-out')
})

test('a ledger whose writes fail for a moment delays the release and loses nothing', async () => {
  let failures = 0
  const { world, report } = await second((request, number) =>
    request === 'objects.write' && number > 3 && failures++ % 3 === 0
      ? { kind: 'error', when: 'after', error: busy }
      : undefined,
  )
  expect(report.outcome).toBe('done')
  expect(onOld(world)).toEqual(NEW)
  expect(world.objects.uris(`${LEDGER}releases/`)).toHaveLength(2)
})

test('R23 where another actor takes the traffic, the end is stale and names their revision', async () => {
  const world = new World()
  await rollOut(world)
  const { report } = await rollOut(world, {
    content: { web: 'v2' },
    during: (runtime) =>
      void runtime.clock.sleep(2000).then(() => {
        const record = world.host.records.get('web')
        if (record !== undefined) record.staged = null
      }),
  })
  expect(report.outcome).toBe('stale')
  expect(world.host.traffic('web')).toEqual({ [image('web', 'v1')]: 100 })
})
