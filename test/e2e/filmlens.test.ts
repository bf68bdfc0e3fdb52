import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CommandLine, commandLine, type Ended } from './sluice.ts'

/** The main job on one machine: real processes, PostgreSQL, S3, registry and gate; only the film source is made up. */
let sluice: CommandLine
let released: Ended
let urls: Map<string, string>

beforeAll(async () => {
  sluice = await commandLine('filmlens')
  released = await sluice.run('release')
  const up = await sluice.run('up', '--detach')
  const services = (up.json['services'] ?? []) as { service: string; url: string }[]
  urls = new Map(services.map(({ service, url }) => [service, url]))
}, 400_000)
afterAll(() => sluice.close(), 60_000)

const get = async (service: string, path: string): Promise<Response> => fetch(`${urls.get(service)}${path}`)
const health = async (): Promise<{ models: { sensitive: string } }> =>
  (await (await get('api', '/health')).json()) as { models: { sensitive: string } }

test('a release from nothing builds, trains, is promoted on its floors, and serves', async () => {
  expect(released.code, released.stderr).toBe(0)
  expect(released.json).toMatchObject({
    outcome: 'done',
    outputs: { verdict: 'promote', 'model-version': 'sensitive@1' },
  })
  expect((await health()).models.sensitive).toMatch(/^1@sha256:[0-9a-f]{64}$/)
})

test('the api has interactive documentation and predicts; bad input is a clear 400', async () => {
  expect(await (await get('api', '/docs/')).text()).toContain('swagger')
  const predict = (body: unknown) =>
    fetch(`${urls.get('api')}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const film = { title: 'Night Bakery', plot: 'In a harbour town, a young nurse sells heroin to children.' }
  expect(await (await predict(film)).json()).toMatchObject({ sensitive: true, because: expect.any(Array) })
  const bad = await predict({ title: 'x' })
  expect(bad.status).toBe(400)
  expect(await bad.text()).toContain("must have required property 'plot'")
})

test('query-api reads the films from PostgreSQL, mlflow shows the registered version', async () => {
  expect(await (await get('query-api', '/health')).json()).toEqual({ status: 'ok', films: 4000 })
  const { films } = (await (await get('query-api', '/films?language=es&limit=3')).json()) as {
    films: { language: string }[]
  }
  expect(films.map(({ language }) => language)).toEqual(['es', 'es', 'es'])
  expect(await (await get('mlflow', '/')).text()).toMatch(/sensitive[\s\S]*champion/)
})

test('the same release again changes nothing', async () => {
  const { code, json, stderr } = await sluice.run('release')
  expect(code, stderr).toBe(0)
  expect(json['outputs']).toMatchObject({ previous: '', 'model-version': 'sensitive@1' })
  expect((await health()).models.sensitive).toMatch(/^1@/)
})

test('a worse model is rejected by the gate, a rollout refuses it, and the served model stays', async () => {
  const before = await health()
  const trained = await sluice.run('train', '--param', 'share=0.02')
  expect(trained.code, trained.stderr).toBe(0)
  expect(trained.json['outputs']).toMatchObject({ 'model-version': 'sensitive@2' })
  expect(trained.json['steps']).toMatchObject([
    { step: 'extract', state: 'skipped' },
    { step: 'split', state: 'skipped' },
    { step: 'train', state: 'ran', reason: 'parameter share changed from 1 to 0.02' },
    { step: 'score', state: 'ran' },
  ])
  const judged = await sluice.run('evaluate')
  expect(judged.code, judged.stderr).toBe(3)
  expect(judged.json['verdict']).toBe('reject')
  expect((await sluice.run('rollout')).code).toBe(3)
  expect(await health()).toEqual(before)
})

/** `sluice` and its words, of the table of daily work in the README. */
const daily = async (): Promise<string[]> => {
  const readme = await readFile(join(sluice.folder, 'README.md'), 'utf8')
  const [, section = ''] = readme.split('## Daily work')
  return [...section.matchAll(/^\|.*\| `sluice (.+?)`/gm)].map(([, words = '']) => words)
}

interface Row {
  readonly service: string
  readonly state: string
  readonly revisions: readonly {
    readonly desired: number
    readonly running: number
    readonly image: string
  }[]
}
/** Service -> how it is; one revision takes all traffic. */
const status = async (): Promise<Record<string, Row>> => {
  const { code, stdout, json } = await sluice.run('operate', 'status')
  expect(code, stdout).toBe(0)
  return Object.fromEntries((json['services'] as Row[]).map((row) => [row.service, row]))
}
const imageOf = (rows: Record<string, Row>, service: string): string =>
  rows[service]?.revisions[0]?.image ?? expect.unreachable()
/** Once it answers like this: a process that was started needs a moment. */
const untilAnswering = async (wanted: boolean): Promise<void> => {
  for (;;) {
    const answers = await get('query-api', '/health').then(
      ({ status }) => status === 200,
      () => false,
    )
    if (answers === wanted) return
    await wait(100)
  }
}
const done = async (words: string): Promise<Ended> => {
  const ended = await sluice.run(...words.split(' '))
  expect(ended.code, ended.stderr).toBe(0)
  return ended
}

test('each daily operation of the README is one command, and does what it says', async () => {
  const before = await status()
  expect(Object.keys(before).sort()).toEqual(['api', 'mlflow', 'query-api'])
  const source = join(sluice.folder, 'apps/query-api/src/api.ts')
  /** By the first words of the command: what it shall have done. */
  const effects: Record<string, (words: string) => Promise<void>> = {
    'operate status': async (words) => expect((await done(words)).stdout).toContain('"running"'),
    'up --env': async (words) => {
      const { json, stdout } = await done(words)
      const lines = (json['lines'] as string[] | undefined) ?? stdout.split('\n')
      for (const name of ['API', 'QUERY_API', 'MLFLOW'])
        expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${name}_URL=http://127`)))
    },
    'operate logs': async (words) => expect((await done(words)).stderr).toContain('api listens at http'),
    'operate pause': async (words) => {
      await done(words)
      expect((await status())['query-api']).toMatchObject({
        state: 'paused',
        revisions: [{ desired: 0, running: 0 }],
      })
      await untilAnswering(false)
    },
    'operate resume': async (words) => {
      await done(words)
      expect((await status())['query-api']).toMatchObject({ revisions: [{ desired: 1, running: 1 }] })
      await untilAnswering(true)
    },
    'operate restart': async (words) => {
      await done(words)
      await untilAnswering(true)
    },
    'rollout --env': async (words) => {
      await writeFile(source, `${await readFile(source, 'utf8')}// another image\n`)
      const { images } = (await done('build')).json as { images: Record<string, { reference: string }> }
      const reference = images['query-api']?.reference ?? ''
      expect(reference).toMatch(/@sha256:[0-9a-f]{64}$/)
      await done(words.replace('REPOSITORY@DIGEST', reference))
      const after = await status()
      expect(imageOf(after, 'query-api')).not.toBe(imageOf(before, 'query-api'))
      expect(imageOf(after, 'api')).toBe(imageOf(before, 'api'))
    },
    'operate history': async (words) => expect((await done(words)).stdout).toContain('live'),
    'operate rollback': async (words) => {
      await done(words)
      expect(imageOf(await status(), 'query-api')).toBe(imageOf(before, 'query-api'))
    },
  }
  const commands = await daily()
  const kinds = commands.map((words) => words.split(' ').slice(0, 2).join(' '))
  expect(kinds).toEqual(Object.keys(effects))
  for (const [at, words] of commands.entries()) await effects[kinds[at] ?? '']?.(words)
}, 400_000)
