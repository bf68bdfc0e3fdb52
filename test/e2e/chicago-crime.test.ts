import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openMlflow } from '../../src/mlflow/registry.ts'
import { openModels } from '../../src/providers/local/models/index.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import { describeReal } from '../real.ts'
import { type CommandLine, commandLine, type Ended } from './sluice.ts'

interface StepResult {
  readonly step: string
  readonly state: string
  readonly reason: string
}

const steps = ({ json }: Ended): readonly StepResult[] => json['steps'] as readonly StepResult[]

const COMMIT = 'c0ffee'.padEnd(40, '0')
const SIGNALS = { cancelled: new AbortController().signal }
/** Many small processes, which a busy machine starts slowly. */
const LONG = 240_000

/** A monthly pipeline as its team runs it: Python, MLflow and PostgreSQL are real, the city's portal is made up. */
describeReal('chicago-crime', ['environment of chicago-crime'], () => {
  let sluice: CommandLine
  let released: Ended
  let urls: Map<string, string>

  beforeAll(async () => {
    vi.stubEnv('GITHUB_SHA', COMMIT)
    sluice = await commandLine('chicago-crime')
    released = await sluice.run('release', '--param', 'features=10')
    const up = await sluice.run('up', '--detach')
    const services = (up.json['services'] ?? []) as { service: string; url: string }[]
    urls = new Map(services.map(({ service, url }) => [service, url]))
  }, 300_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await sluice.close()
  }, 60_000)

  const get = (service: string, path: string): Promise<Response> => fetch(`${urls.get(service)}${path}`)
  const page = async (path: string): Promise<string> => (await get('bucket-page', path)).text()
  const served = async (): Promise<string> =>
    ((await (await get('predict', '/health')).json()) as { models: { arrest: string } }).models.arrest

  test('a first release downloads a year, trains, is promoted on its floor, and serves', async () => {
    expect(released.code, released.stderr).toBe(0)
    expect(released.json['outputs']).toMatchObject({ verdict: 'promote', 'model-version': 'arrest@1' })
    expect(released.stderr).toContain('12 of 12 months downloaded')
    expect(await served()).toMatch(/^1@sha256:[0-9a-f]{64}$/)
  })

  test('R42 the version has parameters, metrics, data, code, image and seed, and the real MLflow takes it as it is', async () => {
    const { clock, http, random, signals } = nodeRuntime({ emit: () => {} }, SIGNALS, sluice.folder, {})
    const folder = join(sluice.folder, '.sluice/local/cloud/models')
    const version = await openModels({ folder, runtime: { clock } }).get('arrest', { alias: 'champion' })
    if (version === undefined) throw new Error('no model was registered')
    expect(version.tags).toMatchObject({
      'sluice.dataset': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      'sluice.image': expect.stringMatching(/trainer@sha256:[0-9a-f]{64}$/),
      'sluice.code': COMMIT,
      'sluice.seed': '1',
      'sluice.run': expect.stringMatching(/^arrest-/),
      'sluice.parameter.features': '10',
      'sluice.parameter.month': '2025-12',
      'sluice.verdict': 'promote',
    })
    expect(Number(version.tags['sluice.metric.pr_auc'])).toBeGreaterThan(0.4)
    const url = urls.get('mlflow-server') ?? ''
    const mlflow = openMlflow({ url }, { http, clock, random, signal: signals.cancelled })
    const { version: number } = await mlflow.register(version)
    const { digest, source, tags } = version
    expect(await mlflow.get('arrest', { version: number })).toMatchObject({ digest, source, tags })
  })

  test('what a step wrote is read back with one command', async () => {
    for (const [step, said] of [
      ['download_data', '12 of 12 months downloaded'],
      ['score', 'challenger_pr_auc'],
    ] as const) {
      const read = await sluice.run('operate', 'logs', '--service', `arrest.${step}`)
      expect(read.code, read.stderr).toBe(0)
      expect(read.stderr).toContain(said)
    }
  })

  test('the API has interactive documentation and predicts; bad input is a clear 422', async () => {
    expect(await (await get('predict', '/docs')).text()).toContain('swagger')
    const ask = (body: unknown): Promise<Response> =>
      fetch(`${urls.get('predict')}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const crime = { date: '2026-01-09T22:15:00', primary_type: 'NARCOTICS', district: 11 }
    expect(await (await ask(crime)).json()).toMatchObject({
      arrest: true,
      because: expect.arrayContaining(['primary_type=NARCOTICS']),
    })
    const bad = await ask({ ...crime, date: 'yesterday' })
    expect(bad.status).toBe(422)
    expect(await bad.text()).toContain('valid datetime')
  })

  test('objects lie where the layout says, and the page of buckets shows them', async () => {
    const months = await page('/data/0-raw-data/monthly-data/')
    for (const month of ['2025-01', '2025-06', '2025-12']) expect(months).toContain(`>${month}/<`)
    expect(await page('/data/0-raw-data/monthly-data/2025-12/')).toMatch(
      /crimes\.csv[\s\S]*police_stations\.csv/,
    )
    expect(await page('/data/0-raw-data/data/')).toContain('crimes_12m_2025-12-31.csv')
    expect(await page('/data/1-enriched-data/crimes_enriched_2025-12-31.csv')).toMatch(
      /^id,date,.*distance_km,season,day_of_week,part_of_day\n/,
    )
    expect(await page('/data/2-processed-data/')).toMatch(/test_2025-12-31\.csv[\s\S]*train_2025-12-31\.csv/)
    const outside = await get('bucket-page', '/elsewhere/')
    expect(outside.status).toBe(404)
  })

  test(
    'a month later one month is downloaded, the window rolls, and MLflow has the runs',
    async () => {
      const trained = await sluice.run('train', '--param', 'features=10', '--param', 'month=2026-01')
      expect(trained.code, trained.stderr).toBe(0)
      expect(trained.stderr).toContain('1 of 12 months downloaded')
      expect(steps(trained)).toMatchObject([
        { step: 'setup_s3', state: 'skipped' },
        { step: 'download_data', state: 'ran', reason: 'parameter month changed from 2025-12 to 2026-01' },
        ...Array.from({ length: 9 }, () => ({ state: 'ran' })),
      ])
      const { months } = JSON.parse(await page('/data/0-raw-data/data/latest.json')) as { months: string[] }
      expect([months[0], months.at(-1), months.length]).toEqual(['2025-02', '2026-01', 12])
      const found = await fetch(`${urls.get('mlflow-server')}/api/2.0/mlflow/runs/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ experiment_ids: ['1'] }),
      })
      const { runs } = (await found.json()) as { runs: { info: { run_name: string; status: string } }[] }
      expect(runs.map(({ info }) => `${info.run_name} ${info.status}`).sort()).toEqual([
        'score 2026-01 FINISHED',
        'train 2026-01 FINISHED',
      ])
    },
    LONG,
  )

  test('the same training again runs nothing', async () => {
    const again = await sluice.run('train', '--param', 'features=10', '--param', 'month=2026-01')
    expect(again.code, again.stderr).toBe(0)
    expect(new Set(steps(again).map(({ state }) => state))).toEqual(new Set(['skipped']))
  })

  test(
    'a worse model runs three steps, is rejected by the gate, and the served one stays',
    async () => {
      const before = await served()
      const trained = await sluice.run('train', '--param', 'features=2', '--param', 'month=2026-01')
      expect(trained.code, trained.stderr).toBe(0)
      const ran = steps(trained).filter(({ state }) => state === 'ran')
      expect(ran.map(({ step }) => step)).toEqual(['extract_features', 'train', 'score'])
      const judged = await sluice.run('evaluate')
      expect(judged.code, judged.stderr).toBe(3)
      expect(judged.json['verdict']).toBe('reject')
      expect((await sluice.run('rollout')).code).toBe(3)
      expect(await served()).toBe(before)
    },
    LONG,
  )

  test('a month that the portal has not published yet stops the pipeline and leaves the window as it was', async () => {
    const file = join(sluice.folder, 'sluice.yml')
    const text = await readFile(file, 'utf8')
    const empty = text.replace('stand-in:?rows=2000', 'stand-in:?rows=2000&empty=2026-02&errors=4&throttle=4')
    await writeFile(file, empty.replace('retries: 2', 'retries: 0'))
    const window = await page('/data/0-raw-data/data/latest.json')
    const trained = await sluice.run('train', '--param', 'month=2026-02')
    expect(trained.code, trained.stderr).toBe(11)
    expect(trained.stderr).toContain('the portal has no crimes for 2026-02')
    expect(steps(trained).filter(({ state }) => state === 'failed')).toMatchObject([
      { step: 'download_data' },
    ])
    expect(await page('/data/0-raw-data/data/latest.json')).toBe(window)
    await writeFile(file, text)
  })
})
