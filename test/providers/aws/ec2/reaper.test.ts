import { beforeAll, expect, test } from 'vitest'
import { GRACE, reapVerdict } from '../../../../src/domain/jobs/reaping.ts'
import { ec2Client, HOUR, loadClients, specOf } from '../../../world/cloud-world/http/ec2/client.ts'
import { ec2World } from './world.ts'

beforeAll(loadClients)

const RECORD = 's3://ledger/ledger/machines/train-1.json'
const verdicts = async (client: ReturnType<typeof ec2Client>): Promise<readonly string[]> =>
  (await client.reaper.look()).map(
    (sighting) => `${sighting.name.slice(-1)} ${reapVerdict(sighting).verdict}`,
  )

test('R34 a busy machine is spared, by a client whose clock is a day ahead too', async () => {
  const world = await ec2World({ behaviour: () => ({ work: HOUR }) })
  await ec2Client(world).jobs.start(specOf())
  await world.until(world.clock.now() + HOUR / 2)
  expect(await verdicts(ec2Client(world))).toEqual(['1 spare'])
  expect(await verdicts(ec2Client(world, { skew: 24 * HOUR }))).toEqual(['1 spare'])
})

test('R34 a machine whose job has ended and that has said its end is ended, and foreign ones are not seen', async () => {
  const world = await ec2World({ behaviour: () => ({ work: HOUR }) })
  const client = ec2Client(world)
  await client.jobs.start(specOf())
  const [own] = world.machines
  if (own === undefined) throw new Error('no machine was started')
  world.machines.push({ ...own, id: 'i-9', tags: { ...own.tags, 'sluice:system': 'others' } })
  world.machines.push({ ...own, id: 'i-8', tags: { ...own.tags, 'sluice:environment': 'production' } })
  const { objects } = world.options
  await objects.write(
    RECORD,
    Buffer.from(JSON.stringify({ ...(objects.json(RECORD) as object), ending: 'stopped' })),
  )
  await world.until(world.clock.now() + 60_000)
  expect(await verdicts(client)).toEqual(['1 spare'])
  world.print(`life/train-1.1`, 'exit 0')
  const [sighting] = await client.reaper.look()
  if (sighting === undefined) throw new Error('nothing was seen')
  expect(reapVerdict(sighting)).toEqual({
    verdict: 'end',
    signals: ['its job has ended', 'it has said its end'],
  })
  await client.reaper.end(sighting)
  await client.reaper.end(sighting)
  expect(world.running.map(({ id }) => id)).toEqual(['i-9', 'i-8'])
})

test('R34 a dead machine whose killers were removed is ended when its time and the grace are over', async () => {
  const world = await ec2World({ behaviour: () => ({ dead: true }) })
  const client = ec2Client(world)
  await client.jobs.start(specOf())
  world.schedules.clear()
  await world.until(world.clock.now() + 2 * HOUR)
  expect(await verdicts(client)).toEqual(['1 spare'])
  await world.until(world.clock.now() + GRACE + 60_000)
  expect(await verdicts(client)).toEqual(['1 end'])
})
