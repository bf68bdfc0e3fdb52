import { expect, test } from 'vitest'
import type { JobEnd, JobProgram } from '../../world/jobs.ts'
import { TrainWorld } from './world.ts'

const LOGS = { operation: 'logs' } as const

/** Says the same at every attempt, and ends so each time. */
const saying =
  (lines: readonly string[], end: JobEnd): JobProgram =>
  async (_env, print) => {
    for (const line of lines) print(line)
    return end
  }

test('what a step wrote in its last run is read back with one command, on a machine that did not run it', async () => {
  const world = new TrainWorld({ extract: saying(['loaded 3 films', 'done'], 3) })
  await world.train()
  const { report, lines } = await world.operate({ ...LOGS, service: 'rank.extract' })
  expect(lines).toEqual([
    'extract attempt 1: loaded 3 films',
    'extract attempt 1: done',
    'extract attempt 2: loaded 3 films',
    'extract attempt 2: done',
  ])
  expect(report).toMatchObject({ outcome: 'done', message: '4 lines of rank.extract' })
})

test('a step that was skipped since keeps the log of the run that ran it', async () => {
  let trained = 0
  const world: TrainWorld = new TrainWorld({
    extract: async (env, print) => {
      print(`run ${++trained}`)
      await world.objects.write(env['SLUICE_OUTPUT_FILMS'] ?? '', Buffer.from('films'))
      return 0
    },
  })
  await world.train()
  await world.train({ parameters: { epochs: '5' } })
  const { lines } = await world.operate({ ...LOGS, service: 'rank.extract' })
  expect(lines.at(-1)).toBe(`extract: run ${trained}`)
  await world.train({ force: true })
  expect((await world.operate({ ...LOGS, service: 'rank.extract' })).lines).toEqual([
    `extract: run ${trained}`,
  ])
})

test('the end of a log and the lines that hold a text are chosen as for a service', async () => {
  const world = new TrainWorld({ extract: saying(['a 1', 'b 2', 'a 3'], 3) })
  await world.train()
  const read = async (change: object) =>
    (await world.operate({ ...LOGS, service: 'rank.extract', ...change })).lines
  expect(await read({ tail: 1 })).toEqual(['extract attempt 2: a 3'])
  expect(await read({ tail: 0 })).toEqual([])
  // A time stands in the place of the number of lines.
  expect(await read({ since: '1h', tail: 1 })).toHaveLength(6)
  expect(await read({ filter: 'b' })).toEqual(['extract attempt 1: b 2', 'extract attempt 2: b 2'])
})

test('a step that still runs is shown with what it has written', async () => {
  const world = new TrainWorld({ extract: saying(['epoch 1'], 'hangs') })
  const begun = new Promise<void>((resolve) => {
    world.jobs.begun = () => resolve()
  })
  const training = world.train()
  await begun
  expect((await world.operate({ ...LOGS, service: 'rank.extract' })).lines).toEqual(['extract: epoch 1'])
  for (const id of world.jobs.jobs.keys()) await world.jobs.stop(id)
  world.jobs.begun = () => {
    for (const id of world.jobs.jobs.keys()) void world.jobs.stop(id)
  }
  expect((await training).report.outcome).toBe('external')
})

test('a step that no run has started, and one that there is not, say so', async () => {
  const world = new TrainWorld()
  await expect(world.operate({ ...LOGS, service: 'rank.train' })).rejects.toMatchObject({
    outcome: 'usage',
    remedy: 'run "sluice train --pipeline rank" first',
  })
  await expect(world.operate({ ...LOGS, service: 'rank.trian' })).rejects.toMatchObject({
    outcome: 'usage',
    remedy: 'did you mean rank.train?',
  })
  await expect(world.operate({ operation: 'pause', service: 'rank.train' })).rejects.toMatchObject({
    outcome: 'usage',
  })
})
