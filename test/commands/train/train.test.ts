import { expect, test } from 'vitest'
import { digestOf, hexOf } from '../../../src/domain/digest.ts'
import { LEDGER, STATE, TrainWorld } from './world.ts'

const MODEL = 'model 3 train films of seed 1'

test('a first run runs every step in order and leaves a challenger and its evidence', async () => {
  const world = new TrainWorld()
  const { report, runtime } = await world.train()
  expect(report).toMatchObject({
    outcome: 'done',
    outputs: { evaluation: `${STATE}/evaluation.json`, 'model-version': 'rank@1' },
  })
  expect(world.jobs.started).toEqual(['extract', 'split', 'train', 'score'])
  const texts = runtime.files.texts()
  expect(JSON.parse(texts[`${STATE}/evaluation.json`] ?? '')).toMatchObject({
    run: expect.stringMatching(/^rank-20260101/),
    seed: 1,
    code: 'a'.repeat(40),
    image: expect.stringContaining('local/shop/trainer@sha256:'),
    model: { name: 'rank', version: '1', digest: digestOf(MODEL) },
    champion: null,
  })
  expect(texts[`${STATE}/rows.csv`]).toContain('id,label')
  expect(world.models.aliases.get('rank/challenger')).toBe('1')
  expect(world.models.aliases.has('rank/champion')).toBe(false)
})

test('R42 the model is copied to where nothing is written again, and registered by its digest', async () => {
  const world = new TrainWorld()
  await world.train()
  const place = `s3://models/sluice/models/rank/${hexOf(digestOf(MODEL))}/model.json`
  expect(Buffer.from(world.objects.contents.get(place)?.bytes ?? '').toString()).toBe(MODEL)
  expect(world.models.versions).toMatchObject([
    {
      version: '1',
      source: place,
      digest: digestOf(MODEL),
      tags: { 'sluice.seed': '1', 'sluice.parameter.epochs': '3' },
    },
  ])
})

test('the same again has nothing to do, and gives the same evidence on a new machine', async () => {
  const world = new TrainWorld()
  const first = await world.train()
  const second = await world.train()
  expect(second.report.message).toMatch(/^nothing to do: no step of rank changed/)
  expect(world.jobs.started).toHaveLength(4)
  const evidence = (run: typeof first) => run.runtime.files.texts()[`${STATE}/evaluation.json`]
  expect(evidence(second)).toBe(evidence(first))
  expect(second.report.outputs['model-version']).toBe('rank@1')
  expect(world.models.versions).toHaveLength(1)
})

test('a step below one that wrote the same again is skipped', async () => {
  const world = new TrainWorld()
  await world.train()
  await world.objects.write('s3://data/films.csv', Buffer.from('damaged'))
  const { report } = await world.train()
  expect(report.data['steps']).toMatchObject([
    { step: 'extract', state: 'ran', reason: 'output films was changed by something else' },
    { step: 'split', state: 'skipped', reason: 'nothing changed' },
    { step: 'train', state: 'skipped', reason: 'nothing changed' },
    { step: 'score', state: 'skipped', reason: 'nothing changed' },
  ])
})

test('--from runs that step and what needs it, --force everything', async () => {
  const world = new TrainWorld()
  await world.train()
  await world.train({ from: 'train' })
  expect(world.jobs.started.slice(4)).toEqual(['train', 'score'])
  await world.train({ force: true })
  expect(world.jobs.started.slice(6)).toEqual(['extract', 'split', 'train', 'score'])
})

test('a parameter reaches the steps, and another model is another version', async () => {
  const world = new TrainWorld()
  await world.train()
  const { report } = await world.train({ parameters: { epochs: '9' } })
  expect(report.outputs['model-version']).toBe('rank@2')
  expect(world.models.versions[1]?.digest).toBe(digestOf(MODEL.replace('3', '9')))
})

test('a seed can be given without being declared, and is recorded', async () => {
  const world = new TrainWorld()
  const { runtime } = await world.train({ parameters: { seed: '42' } })
  expect(JSON.parse(runtime.files.texts()[`${STATE}/evaluation.json`] ?? '').seed).toBe(42)
  expect([...world.jobs.jobs.values()].map(({ spec }) => spec.env['SLUICE_SEED'])).toEqual([
    '42',
    '42',
    '42',
    '42',
  ])
})

test('R38 the champion is resolved once and scored again when it changes', async () => {
  const world = new TrainWorld()
  await world.train()
  await world.models.setAlias('rank', 'champion', '1', null)
  const { report, runtime } = await world.train({ parameters: { epochs: '4' } })
  expect(report.outcome).toBe('done')
  const evaluation = JSON.parse(runtime.files.texts()[`${STATE}/evaluation.json`] ?? '')
  expect(evaluation.champion).toEqual({ name: 'rank', version: '1', digest: digestOf(MODEL) })
  expect(evaluation.model.version).toBe('2')
  const env = [...world.jobs.jobs.values()].at(-1)?.spec.env
  expect(env?.['SLUICE_CHAMPION_RANK']).toBe(`1@${digestOf(MODEL)}`)
  expect(env?.['SLUICE_CHAMPION_RANK_URI']).toContain('/sluice/models/rank/')
  await world.models.setAlias('rank', 'champion', '2', '1')
  const again = await world.train({ parameters: { epochs: '4' } })
  expect(again.report.data['steps']).toMatchObject([{}, {}, {}, { state: 'ran', reason: 'champion changed' }])
})

test('R42 evidence on another model than the one that was trained is refused, and nothing is registered', async () => {
  const digest = digestOf('another model')
  const world: TrainWorld = new TrainWorld({
    score: async (env) => {
      const text = JSON.stringify({ model: { digest }, dataset: { digest: 'x' } })
      await world.objects.write(`${env['SLUICE_OUTPUT_EVALUATION']}evaluation.json`, Buffer.from(text))
      return 0
    },
  })
  const { report } = await world.train()
  expect(report).toMatchObject({
    outcome: 'external',
    message: expect.stringContaining(`it judges model ${digest}`),
  })
  expect(world.models.versions).toEqual([])
})

test.each([
  ['rows.path', { rows: { path: '../../secret.csv', id: 'id', challenger: 'c' } }],
  ['trainRowHashes', { trainRowHashes: '/etc/passwd' }],
])('R42 a file that lies outside the output is refused: %s', async (key, named) => {
  const world: TrainWorld = new TrainWorld({
    score: async (env) => {
      const value = { schema: 'sluice.evaluation/v1', dataset: { digest: 'x' }, ...named }
      await world.objects.write(
        `${env['SLUICE_OUTPUT_EVALUATION']}evaluation.json`,
        Buffer.from(JSON.stringify(value)),
      )
      return 0
    },
  })
  const { report } = await world.train()
  expect(report).toMatchObject({ outcome: 'external', message: expect.stringContaining(key) })
})

test('R48 a failing command is exit 11 with its last lines; what succeeded is not repeated', async () => {
  let fails = true
  const world: TrainWorld = new TrainWorld({
    train: async (env, print) => {
      for (let i = 1; i <= 30; i++) print(`line ${i}`)
      if (fails) return 3
      await world.objects.write(env['SLUICE_OUTPUT_MODEL'] ?? '', Buffer.from('m'))
      return 0
    },
  })
  const { report } = await world.train()
  expect(report.outcome).toBe('external')
  expect(report.message).toContain('step train failed (exit code 3):')
  expect(report.message).toContain('line 30')
  expect(report.message).not.toContain('line 15\n')
  expect(report.remedy).toContain('"sluice operate logs --service rank.train"')
  expect(report.data['steps']).toMatchObject([
    { state: 'ran' },
    { state: 'ran' },
    { state: 'failed' },
    { state: 'not-reached' },
  ])
  expect(report.summary).toContain(':::failed')
  fails = false
  const second = await world.train()
  expect(second.report.outcome).toBe('done')
  expect(world.jobs.started).toEqual(['extract', 'split', 'train', 'train', 'score'])
})

test('R36 R48 a step that takes too long is exit 8', async () => {
  const { report } = await new TrainWorld({ split: async () => 'times-out' }).train()
  expect(report).toMatchObject({
    outcome: 'timed-out',
    message: expect.stringContaining('step split timed out'),
  })
})

test('a step is tried again as often as it allows', async () => {
  let attempts = 0
  const world: TrainWorld = new TrainWorld({
    extract: async (env) => {
      attempts++
      if (attempts === 1) return 1
      await world.objects.write(env['SLUICE_OUTPUT_FILMS'] ?? '', Buffer.from('films'))
      return 0
    },
  })
  const { report } = await world.train()
  expect(report.data['steps']).toMatchObject([{ step: 'extract', state: 'ran', attempts: 2 }, {}, {}, {}])
})

test('an output that was never written is exit 11 and named', async () => {
  const { report } = await new TrainWorld({ split: async () => 0 }).train()
  expect(report.outcome).toBe('external')
  expect(report.message).toContain('did not write its output train (s3://data/train.csv)')
})

test('R33 a run whose command was killed is found again: its jobs are followed, not started twice', async () => {
  const world = new TrainWorld()
  const write = world.objects.write.bind(world.objects)
  world.objects.write = async (uri, body, only) => {
    if (uri.startsWith(`${LEDGER}steps/rank/train`))
      throw Object.assign(new Error('killed'), { name: 'Killed' })
    // A killed command writes nothing more.
    if (uri.startsWith(`${LEDGER}runs/`) && body.toString().includes('"ended"')) throw new Error('killed')
    return write(uri, body, only)
  }
  await expect(world.train()).rejects.toThrow('killed')
  world.objects.write = write
  const { report, runtime } = await world.train()
  expect(report.outcome).toBe('done')
  expect(world.jobs.started).toEqual(['extract', 'split', 'train', 'score'])
  expect(runtime.events).toContainEqual({
    kind: 'message',
    level: 'notice',
    text: expect.stringContaining('going on with run rank-'),
  })
})

test('a run with other options is refused while one is under way', async () => {
  const world = new TrainWorld({ extract: async () => 'hangs' })
  const runtime = world.runtime()
  const begun = new Promise<void>((resolve) => {
    world.jobs.begun = () => resolve()
  })
  const first = world.train({}, { runtime })
  await begun
  await expect(world.train({ parameters: { epochs: '9' } })).rejects.toMatchObject({ outcome: 'locked' })
  runtime.cancel()
  await first
})

test('R48 a cancel stops the jobs and is exit 10', async () => {
  const world = new TrainWorld({ split: async () => 'hangs' })
  const runtime = world.runtime()
  world.jobs.begun = (step) => {
    if (step === 'split') setImmediate(() => runtime.cancel())
  }
  const { report } = await world.train({}, { runtime })
  expect(report).toMatchObject({
    outcome: 'cancelled',
    message: 'cancelled while step split ran; its job was stopped',
  })
  expect([...world.jobs.jobs.values()].map(({ status }) => status.state)).toEqual(['succeeded', 'stopped'])
})

test('a dry run shows the decisions and starts nothing', async () => {
  const world = new TrainWorld()
  const { runtime, report } = await world.train({}, { dryRun: true })
  expect(world.jobs.started).toEqual([])
  expect(world.objects.uris('')).toEqual([])
  expect(report.data['plan']).toMatchObject({ steps: { extract: { kind: 'run', reason: 'never ran' } } })
  expect(runtime.events).toContainEqual({
    kind: 'table',
    title: 'pipeline rank',
    columns: ['step', 'decision', 'why'],
    rows: [
      ['extract', 'run', 'never ran'],
      ['split', 'after', 'depends on what extract writes'],
      ['train', 'after', 'depends on what split writes'],
      ['score', 'after', 'depends on what train writes'],
    ],
  })
})

test('the summary is a graph coloured by result, and a table', async () => {
  const world = new TrainWorld()
  const { report } = await world.train()
  expect(report.summary).toMatchInlineSnapshot(`
    "### Pipeline rank

    \`\`\`mermaid
    flowchart LR
      s0["extract<br/>ran 0ms"]:::ran
      s1["split<br/>ran 0ms"]:::ran
      s2["train<br/>ran 0ms"]:::ran
      s3["score<br/>ran 0ms"]:::ran
      s0 --> s1
      s1 --> s2
      s2 --> s3
      classDef ran fill:#1a7f37,color:#ffffff
    \`\`\`

    | step | result | time | why |
    | --- | --- | --- | --- |
    | extract | ran | 0ms | never ran |
    | split | ran | 0ms | never ran |
    | train | ran | 0ms | never ran |
    | score | ran | 0ms | never ran |

    Model **rank** version **1** (8b465042f04c)
    "
  `)
})

test('R48 what cannot be asked for is exit 2, with every problem at once', async () => {
  const world = new TrainWorld()
  world.image = ''
  await expect(world.train({ from: 'trian', parameters: { epoch: '1', seed: 'x' } })).rejects.toMatchObject({
    outcome: 'usage',
    problems: [
      { what: 'pipeline rank has no parameter epoch, did you mean epochs?' },
      { what: 'pipeline rank has no step trian, did you mean train?' },
      { what: 'the parameter seed is "x"' },
      { what: 'step extract needs image trainer, which was not built', remedy: 'run "sluice build" first' },
      {},
      {},
      {},
    ],
  })
  await expect(world.train({ pipeline: 'rnk' })).rejects.toThrow('did you mean rank?')
})
