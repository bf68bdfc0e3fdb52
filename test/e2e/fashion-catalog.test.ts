import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal, fashionPython } from '../real.ts'
import { type CommandLine, commandLine, type Ended } from './sluice.ts'

interface FashionFile {
  readonly id: string
  readonly s3Path: string
  readonly articleType: string
  readonly baseColour: string
  readonly productDisplayName: string
}
interface Found {
  readonly score: number
  readonly file: FashionFile
}
interface Answer {
  readonly data?: { readonly [field: string]: unknown } | null
  readonly errors?: readonly { readonly message: string }[]
}

const SYSTEM = join(import.meta.dirname, '../../examples/fashion-catalog')
/** PyTorch starts slowly on a busy machine. */
const LONG = 600_000

/** The garments of the catalog as the machine of the test draws them: the same for the same seed. */
const DRAW = `import sys; from fashion import drawing; sys.stdout.buffer.write(drawing.catalog(int(sys.argv[1]), 1)[-1][1])`

function drawn(number: number): Buffer<ArrayBuffer> {
  const env = { ...process.env, PYTHONPATH: join(SYSTEM, 'apps/pipeline'), PYTHONDONTWRITEBYTECODE: '1' }
  const { status, stdout, stderr } = spawnSync(fashionPython(), ['-c', DRAW, String(number)], { env })
  expect(status, stderr.toString()).toBe(0)
  return Buffer.from(stdout)
}

/** Champion and challenger as a shop runs them: PyTorch, transformers, MLflow and PostgreSQL are real, the garments are drawn. */
describeReal('fashion-catalog', ['environment of fashion-catalog'], () => {
  let sluice: CommandLine
  let prepared: readonly Ended[]
  let released: Ended
  let urls: Map<string, string>

  beforeAll(async () => {
    sluice = await commandLine('fashion-catalog')
    const run = (...words: string[]): Promise<Ended> => sluice.run(...words)
    const build = await run('build')
    await run('up', '--detach')
    prepared = [
      build,
      await run('train', '--pipeline', 'catalog'),
      await run('train', '--pipeline', 'prepare'),
    ]
    released = await run('release', '--param', 'epochs=3')
    const up = await run('up', '--detach')
    const services = (up.json['services'] ?? []) as { service: string; url: string }[]
    urls = new Map(services.map(({ service, url }) => [service, url]))
  }, LONG)
  afterAll(() => sluice.close(), 60_000)

  const served = async (): Promise<string> => {
    const health = await fetch(`${urls.get('search')}/health`)
    return ((await health.json()) as { models: { 'search-model': string } }).models['search-model']
  }
  const graphql = async (query: string, variables = {}): Promise<Answer> => {
    const response = await fetch(`${urls.get('graphql-api')}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()) as Answer
  }
  const upload = async (content: Buffer<ArrayBuffer>): Promise<{ status: number; body: Answer }> => {
    const form = new FormData()
    const query = `query ($image: Upload!) { searchByImage(image: $image, limit: 5) { score file { id articleType } } }`
    form.append('operations', JSON.stringify({ query, variables: { image: null } }))
    form.append('map', JSON.stringify({ 0: ['variables.image'] }))
    form.append('0', new Blob([content], { type: 'image/jpeg' }), 'garment.jpg')
    const response = await fetch(`${urls.get('graphql-api')}/graphql`, { method: 'POST', body: form })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as Answer) : {} }
  }
  const rest = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${urls.get('rest-api')}${path}`, init)
  const picture = (body: Buffer<ArrayBuffer>, type = 'image/jpeg'): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': type },
    body,
  })

  test('a catalog is loaded, cleaned and split, and a first model is promoted on its floor', async () => {
    for (const { code, stderr } of prepared) expect(code, stderr).toBe(0)
    expect(prepared[1]?.stderr).toContain('480 garments loaded, 0 left out')
    expect(released.code, released.stderr).toBe(0)
    expect(released.json['outputs']).toMatchObject({
      verdict: 'promote',
      'model-version': 'search-model@1',
    })
    expect(await served()).toMatch(/^1@sha256:[0-9a-f]{64}$/)
  })

  test('GraphQL pages through all files, finds by filters, and has a page to try queries', async () => {
    const { data } = await graphql(
      '{ a: allFiles { id } b: allFiles(limit: 3, offset: 50) { id created_at } }',
    )
    const files = (data?.['a'] ?? []) as FashionFile[]
    expect(files.map(({ id }) => Number(id))).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
    expect(data?.['b']).toMatchObject([{ id: '51' }, { id: '52' }, { id: '53' }])
    const found = await graphql(
      `query ($colour: String) { filesByFilters(masterCategory: "Footwear", baseColour: $colour) { articleType baseColour s3Path } }`,
      { colour: 'Blue' },
    )
    const shoes = found.data?.['filesByFilters'] as FashionFile[]
    expect(shoes.length).toBeGreaterThan(0)
    for (const file of shoes) {
      expect(file.baseColour).toBe('Blue')
      expect(['Sandals', 'Boots']).toContain(file.articleType)
      expect(file.s3Path).toMatch(/\/images\/\d+\.jpg$/)
    }
    const page = await fetch(`${urls.get('graphql-api')}/graphql`, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('fashion-catalog')
  })

  test('REST has interactive documentation and the same files', async () => {
    expect(await (await rest('/docs')).text()).toContain('swagger')
    const { files } = (await (await rest('/files?articleType=Ties')).json()) as { files?: unknown }
    expect(files).toBeUndefined()
    expect(await (await rest('/files?gender=Women&year=2020&limit=2')).json()).toMatchObject({
      files: expect.arrayContaining([expect.objectContaining({ gender: 'Women', year: 2020 })]),
    })
    expect(await (await rest('/files/7')).json()).toMatchObject({ id: '7', filename: '7.jpg' })
    expect((await rest('/files/481')).status).toBe(404)
  })

  test('a picture of the catalog finds itself first, over GraphQL and over REST', async () => {
    const image = drawn(42)
    const { body } = await upload(image)
    expect(body.errors).toBeUndefined()
    const [first] = (body.data?.['searchByImage'] ?? []) as Found[]
    expect(first?.file.id).toBe('42')
    expect(first?.score).toBeGreaterThan(0.99)
    const over = (await (await rest('/search/image?limit=1', picture(image))).json()) as { found: Found[] }
    expect(over.found).toMatchObject([{ file: { id: '42' } }])
  })

  test('SQL in a filter is a text that no row has', async () => {
    const evil = "Blue' or '1'='1'; drop table fashion_files; --"
    const { data, errors } = await graphql(`query ($c: String) { filesByFilters(baseColour: $c) { id } }`, {
      c: evil,
    })
    expect(errors).toBeUndefined()
    expect(data?.['filesByFilters']).toEqual([])
    expect(await (await rest(`/files?baseColour=${encodeURIComponent(evil)}`)).json()).toEqual({ files: [] })
    expect((await graphql('{ allFiles(limit: 1) { id } }')).data).toEqual({ allFiles: [{ id: '1' }] })
  })

  test.each([
    ['a field that is not there', '{ allFiles { password } }', 'Cannot query field'],
    ['a limit without end', '{ allFiles(limit: 100000000) { id } }', 'expected 1 to 200'],
    ['a negative offset', '{ allFiles(offset: -1) { id } }', 'expected 0 to 10000'],
    [
      'one field a hundred times',
      `{ ${Array.from({ length: 100 }, (_, at) => `a${at}: allFiles { id }`).join(' ')} }`,
      'limit',
    ],
    [
      'a deep query',
      `{ __typename ${'... on Query { '.repeat(40)} __typename ${'}'.repeat(40)} allFiles { id } }`,
      'depth limit',
    ],
    ['an empty text', '{ searchByText(text: " ") { score } }', 'expected 1 to 500'],
  ])('GraphQL refuses %s', async (_what, query, says) => {
    const { data, errors } = await graphql(query)
    expect(data ?? null).toBeNull()
    expect(errors?.[0]?.message).toMatch(new RegExp(says, 'i'))
  })

  test('what is no picture, or too much of one, is refused', async () => {
    const nonsense = Buffer.from('GIF89a, or not')
    const { body } = await upload(nonsense)
    expect(body.errors?.[0]?.message).toContain('not a picture: expected JPEG, PNG, WEBP')
    expect((await rest('/search/image', picture(nonsense))).status).toBe(422)
    const large = Buffer.alloc(6 * 2 ** 20)
    expect((await upload(large)).status).toBe(413)
    expect((await rest('/search/image', picture(large))).status).toBe(413)
    expect((await rest('/search/image', picture(nonsense, 'text/html'))).status).toBe(415)
    expect((await rest('/files?limit=100000')).status).toBe(400)
  })

  test(
    'a worse model is rejected by the gate, and the served one stays',
    async () => {
      const before = await served()
      const trained = await sluice.run('train', '--pipeline', 'search-model', '--param', 'epochs=1')
      expect(trained.code, trained.stderr).toBe(0)
      const judged = await sluice.run('evaluate')
      expect(judged.code, judged.stderr).toBe(3)
      expect(judged.json['verdict']).toBe('reject')
      expect((await sluice.run('rollout')).code).toBe(3)
      expect(await served()).toBe(before)
    },
    LONG,
  )

  test(
    'a better model replaces the champion and finds what a text says; MLflow has every run',
    async () => {
      const better = await sluice.run('release', '--param', 'epochs=24')
      expect(better.code, better.stderr).toBe(0)
      expect(await served()).toMatch(/^3@sha256:/)
      const { data } = await graphql(
        '{ searchByText(text: "red dress", limit: 3) { score file { articleType baseColour } } }',
      )
      const found = data?.['searchByText'] as Found[]
      expect(found).toHaveLength(3)
      // A model that learned for some seconds knows colours better than shapes.
      for (const { file } of found) expect(file.baseColour).toBe('Red')
      const searched = await fetch(`${urls.get('mlflow-server')}/api/2.0/mlflow/runs/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ experiment_ids: ['1'] }),
      })
      const { runs } = (await searched.json()) as { runs: { info: { run_name: string } }[] }
      // Those before the first release are with the registry of this machine, which is there before any service.
      expect(runs.map(({ info }) => info.run_name).sort()).toEqual(['score', 'score', 'train', 'train'])
      const result = JSON.parse(
        await readFile(join(sluice.folder, '.sluice/local/evaluation.json'), 'utf8'),
      ) as {
        champion: { version: string }
      }
      expect(result.champion.version).toBe('1')
    },
    LONG,
  )
})
