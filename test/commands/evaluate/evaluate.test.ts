import { describe, expect, test } from 'vitest'
import type { World as CommandWorld, Report } from '../../../src/commands/command.ts'
import { type EvaluateOptions, evaluate } from '../../../src/commands/evaluate.ts'
import { canonicalJson } from '../../../src/domain/canonical.ts'
import { digestOf } from '../../../src/domain/digest.ts'
import { SluiceError } from '../../../src/domain/error.ts'
import { type FakeRuntime, fakeRuntime } from '../../../src/runtime/fake/index.ts'
import { classifierRows, csvOf, digestNamed, evidenceOf } from '../../gate/evidence.ts'
import { World } from '../../world/cloud.ts'
import { desk, SHOP_YAML } from '../../world/yaml.ts'

const ROWS = csvOf(classifierRows(2000))
const POLICY = {
  primary: { metric: 'f1', direction: 'higher', rule: 'noninferior', margin: 0.02 },
  floors: { f1: 0.7 },
  resamples: 500,
}
const GATE = JSON.stringify(POLICY)
const YAML = `${SHOP_YAML}buckets:
  models: {}
pipelines:
  taste:
    steps:
      train: { image: api, outputs: { model: models/taste/ } }
      score: { image: api, needs: [train], outputs: { evaluation: models/evaluation/ } }
models:
  sentiment: { registry: api, evaluation: score, gate: ${GATE} }
`

const evidenceText = (change: Record<string, unknown> = {}): string => JSON.stringify(evidenceOf(change))

/** A folder with evidence and a policy, and nothing else. */
function files(change: Record<string, string> = {}): Record<string, string> {
  return {
    '/project/e/evaluation.json': evidenceText(),
    '/project/e/rows.csv': ROWS,
    '/project/policy.json': JSON.stringify(POLICY),
    ...change,
  }
}

function alone(
  change: Record<string, string> = {},
  dryRun = false,
): { world: CommandWorld; runtime: FakeRuntime } {
  const runtime = fakeRuntime({ files: files(change) })
  const openProvider = (): never => {
    throw new Error('no cloud is needed')
  }
  return {
    runtime,
    world: { runtime, openProvider, request: { file: 'sluice.yml', environment: '', dryRun } },
  }
}

const asked: EvaluateOptions = { evidence: 'e/evaluation.json', policy: 'policy.json', explain: false }

describe('two files are enough', () => {
  test('R42 evidence and policy give a verdict, exit 0, and verdict.json in canonical bytes', async () => {
    const { world, runtime } = alone()
    const report = await evaluate(world, asked)
    expect([report.outcome, report.outputs['verdict'], report.data['verdict']]).toEqual([
      'done',
      'promote',
      'promote',
    ])
    const [metric] = report.data['metrics'] as {
      name: string
      champion: number
      interval: [number, number]
      n: number
    }[]
    expect(metric).toMatchObject({ name: 'f1', n: 2000 })
    const text = runtime.files.texts()['/project/.sluice/verdict.json'] ?? ''
    expect(text).toBe(canonicalJson(JSON.parse(text)))
    expect(report.data['digest']).toBe(digestOf(text))
    expect(report.summary).toMatch(/^### Promote: model sentiment version 7/)
    const again = alone()
    await evaluate(again.world, asked)
    expect(again.runtime.files.texts()['/project/.sluice/verdict.json']).toBe(text)
  })

  test('R42 a flipped byte in the rows or in evaluation.json is other evidence', async () => {
    const digest = async (change: Record<string, string>): Promise<unknown> =>
      (await evaluate(alone(change).world, asked)).data['evidence']
    const found = [
      await digest({}),
      await digest({ '/project/e/rows.csv': `${ROWS.trimEnd()}\r\n` }),
      await digest({ '/project/e/evaluation.json': `${evidenceText()} ` }),
    ]
    expect(new Set(found).size).toBe(3)
  })

  test('a reject or inconclusive verdict is refused, with what to do, and is no exception', async () => {
    const report = await evaluate(
      alone({ '/project/policy.json': JSON.stringify({ ...POLICY, floors: { f1: 0.99 } }) }).world,
      asked,
    )
    expect([report.outcome, report.outputs['verdict']]).toEqual(['refused', 'reject'])
    expect(report.remedy).toMatch(/keep the champion/)
    expect(report.message).toMatch(/misses the floor/)
  })

  test('a policy in YAML, in sluice.yml, or as JSON is the same policy', async () => {
    const yaml = `primary: { metric: f1, direction: higher, rule: noninferior, margin: 0.02 }\nfloors: { f1: 0.7 }\nresamples: 500\n`
    const change = { '/project/policy.yml': yaml, '/project/sluice.yml': YAML }
    const of = async (policy: string): Promise<unknown> =>
      (await evaluate(alone(change).world, { ...asked, policy })).data['policy']
    const expected = await of('policy.json')
    expect(await of('policy.yml')).toEqual(expected)
    expect(await of('sluice.yml#models.sentiment')).toEqual(expected)
  })

  test('--dry-run writes nothing, --explain tells each step, --html writes a page', async () => {
    const dry = alone({}, true)
    await evaluate(dry.world, { ...asked, html: 'out/report.html' })
    expect(Object.keys(dry.runtime.files.texts()).filter((path) => !(path in files()))).toEqual([])
    const told = alone()
    const report = await evaluate(told.world, { ...asked, explain: true, html: 'out/report.html' })
    const lines = told.runtime.events.flatMap((event) => (event.kind === 'message' ? [event.text] : []))
    expect(lines.at(-1)).toBe('verdict: promote')
    expect(lines.join('\n')).toMatch(/standard error/)
    expect(report.outputs['report']).toBe('/project/out/report.html')
    expect(told.runtime.files.texts()['/project/out/report.html']).toMatch(/^<!doctype html>/)
  })

  test('R40 --look says which look it is', async () => {
    const report = await evaluate(alone().world, { ...asked, look: 2 })
    expect([report.data['look'], report.data['verdict']]).toEqual([2, 'inconclusive'])
  })

  test.each([
    ['no such evidence', {}, { ...asked, evidence: 'e/none.json' }, /does not exist/],
    ['evidence that is no JSON', { '/project/e/evaluation.json': '{"schema":' }, asked, /is not JSON/],
    ['evidence that is empty', { '/project/e/evaluation.json': '' }, asked, /it is empty/],
    [
      'evidence of another schema',
      { '/project/e/evaluation.json': '{"schema":"sluice.evaluation/v2"}' },
      asked,
      /schema/,
    ],
    [
      'no rows where the evidence names them',
      { '/project/e/evaluation.json': evidenceText({ rows: { ...evidenceOf().rows, path: 'gone.csv' } }) },
      asked,
      /gone.csv does not exist/,
    ],
    [
      'rows outside of the folder',
      {
        '/project/e/evaluation.json': evidenceText({
          rows: { ...evidenceOf().rows, path: '../policy.json' },
        }),
      },
      asked,
      /outside of its own folder/,
    ],
    [
      'rows by an absolute path',
      { '/project/e/evaluation.json': evidenceText({ rows: { ...evidenceOf().rows, path: '/etc/passwd' } }) },
      asked,
      /outside of its own folder/,
    ],
    [
      'a policy without a direction',
      { '/project/policy.json': '{"primary":{"metric":"f1","rule":"superior"}}' },
      asked,
      /primary.direction/,
    ],
    ['a policy without rules', { '/project/policy.json': '{}' }, asked, /primary/],
    [
      'a policy with an unknown key',
      { '/project/policy.json': JSON.stringify({ ...POLICY, flors: {} }) },
      asked,
      /^policy\.json:1:\d+: unknown key "flors", did you mean floors\? \(gate policy; known keys: bootstrap, budgets/,
    ],
    [
      'a margin in percent',
      { '/project/policy.yml': GATE.replace(/"margin":[\d.]+/, '"margin":"1%"') },
      { ...asked, policy: 'policy.yml' },
      /^policy\.yml:1:\d+: primary\.margin: found "1%" \(gate policy; expected number\)$/,
    ],
    [
      'an unknown key of a guard',
      { '/project/policy.json': JSON.stringify({ ...POLICY, guards: [{ ...POLICY.primary, sense: 'up' }] }) },
      asked,
      /guards\[0\]: unknown key "sense" .*known keys: alpha, direction, margin, metric, rule\)/,
    ],
    [
      'a threshold that is not finite',
      { '/project/policy.yml': `${GATE.replace('"f1":0.7', '"f1": .inf')}` },
      { ...asked, policy: 'policy.yml' },
      /\.inf is not a number/,
    ],
    [
      'a floor in percent',
      { '/project/policy.json': JSON.stringify({ ...POLICY, floors: { f1: 70 } }) },
      asked,
      /percent/,
    ],
    [
      'an unknown model in sluice.yml',
      { '/project/sluice.yml': YAML },
      { ...asked, policy: 'sluice.yml#models.sentimnt' },
      /did you mean sentiment/,
    ],
    ['another model than the one asked for', {}, { ...asked, model: 'other' }, /not other/],
  ] as const)('R37 %s is a usage error', async (_, change, options, message) => {
    const error = await evaluate(alone(change).world, options).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SluiceError)
    expect((error as SluiceError).outcome).toBe('usage')
    expect((error as SluiceError).message).toMatch(message)
  })

  test('R37 NaN as Python writes it, and a key that stands twice, are verdicts with their reason', async () => {
    const text = evidenceText({ rows: undefined })
    const stated = (metrics: string): string => `${text.slice(0, -1)},"metrics":${metrics}}`
    const reject = async (metrics: string): Promise<unknown> =>
      (
        (await evaluate(alone({ '/project/e/evaluation.json': stated(metrics) }).world, asked)).data[
          'reasons'
        ] as { rule: string; says: string }[]
      )
        .filter(({ says }) => says === 'reject')
        .map(({ rule }) => rule)
    expect(await reject('{"challenger":{"f1":NaN},"champion":{"f1":0.9}}')).toEqual(['not-a-number'])
    expect(await reject('{"challenger":{"f1":0.5,"f1":0.95},"champion":{"f1":0.9}}')).toEqual([
      'duplicate-metric',
    ])
  })

  test('R42 training rows among the test rows block', async () => {
    const evidence = evidenceText({ trainRowHashes: 'train.txt' })
    const judge = (train: string): Promise<Report> =>
      evaluate(alone({ '/project/e/evaluation.json': evidence, '/project/e/train.txt': train }).world, asked)
    expect((await judge('a\nb\n')).outputs['verdict']).toBe('promote')
    const blocked = await judge('a\nr77\n')
    expect([blocked.outputs['verdict'], blocked.message]).toEqual([
      'reject',
      expect.stringMatching(/first: row 78/),
    ])
  })
})

describe('in an environment', () => {
  async function environment(
    options: {
      champion?: string | null
      dryRun?: boolean
      noFiles?: boolean
      change?: Record<string, unknown>
    } = {},
  ) {
    const cloud = new World()
    const registry = cloud.registry
    const tags: unknown[] = []
    const annotate = registry.annotate.bind(registry)
    registry.annotate = async (...note) => {
      tags.push(note)
      await annotate(...note)
      return options.noFiles === true ? ['verdict.json'] : []
    }
    const champion = options.champion === undefined ? 'champion' : options.champion
    for (const name of ['champion', 'challenger', 'later']) {
      await registry.register({
        name: 'sentiment',
        digest: digestNamed(name),
        source: `s3://m/${name}`,
        tags: {},
      })
    }
    if (champion !== null) {
      const version =
        registry.versions.find(({ digest }) => digest === digestNamed(champion))?.version ?? null
      await registry.setAlias('sentiment', 'champion', version, null)
    }
    const state = '/project/.sluice/test'
    const { runtime, world } = desk(cloud, {
      dryRun: options.dryRun === true,
      files: {
        '/project/sluice.yml': YAML,
        [`${state}/evaluation.json`]: evidenceText({
          model: { name: 'sentiment', digest: digestNamed('challenger') },
          champion: { digest: digestNamed('champion') },
          ...options.change,
        }),
        [`${state}/rows.csv`]: ROWS,
      },
    })
    return { cloud, runtime, world, tags, judge: () => evaluate(world, { explain: false }) }
  }

  test('R42 the evidence of train is judged by the gate of sluice.yml, and the verdict is recorded beside the model, which moves no alias', async () => {
    const { judge, runtime, tags, cloud } = await environment()
    const report = await judge()
    expect(report.outputs).toEqual({ verdict: 'promote', report: '/project/.sluice/test/report.md' })
    const bytes = runtime.files.texts()['/project/.sluice/test/verdict.json'] ?? ''
    const scored = (JSON.parse(bytes) as { metrics: { challenger: number }[] }).metrics[0]?.challenger
    expect(tags).toEqual([
      [
        'sentiment',
        '2',
        {
          tags: {
            'sluice.verdict': 'promote',
            'sluice.verdict.digest': digestOf(bytes),
            'sluice.look': '1',
            'sluice.metric.f1': String(scored),
          },
          files: { 'verdict.json': bytes },
        },
      ],
    ])
    expect(cloud.registry.aliases.get('sentiment/champion')).toBe('1')
    const kept = `file:///ledger/verdicts/${digestOf(bytes).slice('sha256:'.length)}.json`
    expect(canonicalJson(cloud.objects.json(kept))).toBe(bytes)
  })

  test.each([
    [4999, 'reject'],
    [5000, 'promote'],
  ])('the size that train registered is judged by a budget of %i bytes: %s', async (budget, verdict) => {
    const { cloud, runtime, world } = await environment()
    await cloud.registry.annotate('sentiment', '2', { tags: { 'sluice.size': '5000' } })
    const policy = { ...POLICY, budgets: { size_bytes: budget } }
    await runtime.files.write('/project/policy.json', JSON.stringify(policy))
    const report = await evaluate(world, { explain: false, policy: 'policy.json' })
    expect([report.outputs['verdict'], report.message]).toEqual([
      verdict,
      verdict === 'reject' ? expect.stringMatching(/size_bytes is 5000/) : expect.any(String),
    ])
  })

  test('R42 a registry without a place for files keeps the digest, and the log says so', async () => {
    const { judge, runtime } = await environment({ noFiles: true })
    expect((await judge()).outcome).toBe('done')
    const warnings = runtime.events.filter((event) => event.kind === 'message' && event.level === 'warning')
    expect(warnings).toMatchObject([{ text: expect.stringMatching(/only its digest.*--serve-artifacts/) }])
  })

  test.each([
    ['moved', 'later'],
    ['was deleted', null],
  ])('R43 a champion that %s voids the verdict: exit 5, and nothing is written', async (_, champion) => {
    const { judge, runtime, tags } = await environment({ champion })
    await expect(judge()).rejects.toMatchObject({ outcome: 'stale', code: 5 })
    expect(runtime.files.texts()['/project/.sluice/test/verdict.json']).toBeUndefined()
    expect(tags).toEqual([])
  })

  test('R43 a champion that appeared after a first model was judged voids it too', async () => {
    const { judge } = await environment({
      change: { champion: null, rows: { ...evidenceOf().rows, champion: undefined } },
    })
    await expect(judge()).rejects.toMatchObject({ outcome: 'stale' })
  })

  test('R42 a model that the registry does not have, or has with another digest, is refused', async () => {
    const unknown = await environment({
      change: { model: { name: 'sentiment', digest: digestNamed('nobody') } },
    })
    expect((await unknown.judge()).message).toMatch(/no version of model sentiment/)
    const flipped = await environment({
      change: { model: { name: 'sentiment', version: '3', digest: digestNamed('challenger') } },
    })
    expect((await flipped.judge()).outputs['verdict']).toBe('reject')
    expect(flipped.tags).toEqual([])
  })

  test('R40 the ledger counts the look: the same evidence once, other evidence again', async () => {
    const { cloud, world, runtime } = await environment()
    const look = async (): Promise<unknown> => (await evaluate(world, { explain: false })).data['look']
    expect([await look(), await look()]).toEqual([1, 1])
    await runtime.files.write('/project/.sluice/test/rows.csv', `${ROWS.trimEnd()}\r\n`)
    const second = await evaluate(world, { explain: false })
    expect([second.data['look'], second.data['verdict']]).toEqual([2, 'inconclusive'])
    expect(cloud.objects.uris('file:///ledger/looks/').length).toBe(1)
  })

  test('R40 a dry run counts nothing', async () => {
    const { judge, cloud } = await environment({ dryRun: true })
    expect((await judge()).data['look']).toBe(1)
    expect(cloud.objects.uris('file:///ledger/')).toEqual([])
  })

  test('a model that sluice.yml does not have is named with its neighbours', async () => {
    const { judge } = await environment({
      change: { model: { name: 'sentimental', digest: digestNamed('challenger') } },
    })
    await expect(judge()).rejects.toThrow(/which sluice.yml does not have/)
  })
})
