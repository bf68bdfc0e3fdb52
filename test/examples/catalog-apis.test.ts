import { once } from 'node:events'
import { type AddressInfo, connect, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type InstalledApp, installApp } from './installed-app.ts'

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
  json(): Record<string, unknown>
}
/** Fastify, as far as it is used here; its types are those of the example's packages. */
interface App {
  inject(request: {
    method: 'GET' | 'POST'
    url: string
    headers?: Record<string, string>
    payload?: string | Buffer
  }): Promise<Answer>
  listen(at: { port: number; host: string }): Promise<string>
  close(): Promise<void>
  readonly server: Server
}
type Build = (files: object, search: object) => App | Promise<App>

const FILE = {
  ...{ id: '7', filename: '7.jpg', s3Path: 's3://data/images/7.jpg', masterCategory: 'Apparel', year: 2020 },
  ...{ subCategory: 'Topwear', articleType: 'Shirts', baseColour: 'Blue', season: 'Summer', usage: 'Casual' },
  ...{
    gender: 'Women',
    productDisplayName: 'Blue shirt',
    dataset: 'drawn',
    created_at: '2026-01-02T03:04:05Z',
  },
}
const LARGEST_PICTURE = 5 * 2 ** 20

/** The two APIs over a table and a search of one product; their packages are those of their lock file. */
describeReal('APIs of fashion-catalog', ['npm registry'], () => {
  let installed: InstalledApp
  let apps: Record<'rest' | 'graphql', App>
  /** What the table and the search were asked. */
  let asked: unknown[][]
  let fails: unknown

  const told = <T>(answer: T, ...question: unknown[]): Promise<T> => {
    asked.push(question)
    return fails === undefined ? Promise.resolve(answer) : Promise.reject(fails)
  }
  const files = {
    find: (filters: object, page: object) => told([FILE], 'find', filters, page),
    byIds: (ids: readonly number[]) => told(ids[0] === 7 ? [FILE] : [], 'byIds', ids),
    count: () => Promise.resolve(1),
  }
  const search = {
    byText: (words: string, limit: number) => told([{ score: 0.5, file: FILE }], 'byText', words, limit),
    byPicture: (picture: Uint8Array, limit: number) =>
      told([{ score: 1, file: FILE }], 'byPicture', Buffer.from(picture).toString(), limit),
  }
  let SearchError: new (status: number, message: string) => Error

  beforeAll(async () => {
    installed = await installApp('fashion-catalog/apps/catalog')
    const { restApp } = installed.load('src/rest-app.ts') as { restApp: Build }
    const { graphqlApp } = installed.load('src/graphql-app.ts') as { graphqlApp: Build }
    ;({ SearchError } = installed.load('src/search.ts') as { SearchError: typeof SearchError })
    apps = { rest: await restApp(files, search), graphql: await graphqlApp(files, search) }
    for (const app of Object.values(apps)) await app.listen({ port: 0, host: '127.0.0.1' })
  }, 180_000)
  afterAll(async () => {
    for (const app of Object.values(apps)) await app.close()
    await installed[Symbol.asyncDispose]()
  })
  beforeEach(() => {
    asked = []
    fails = undefined
  })

  describe('REST', () => {
    const get = (url: string): Promise<Answer> => apps.rest.inject({ method: 'GET', url })
    const post = (payload: string | Buffer, type = 'image/png', query = ''): Promise<Answer> =>
      apps.rest.inject({
        method: 'POST',
        url: `/search/image${query}`,
        headers: { 'content-type': type },
        payload,
      })

    test('filters reach the table as they are, with the first page where none is named', async () => {
      const evil = "Blue' or '1'='1"
      const answer = await get(`/files?baseColour=${encodeURIComponent(evil)}&year=2020`)
      expect(answer.json()).toEqual({ files: [FILE] })
      expect(asked).toEqual([['find', { baseColour: evil, year: 2020 }, { limit: 50, offset: 0 }]])
    })

    test.each([
      ['a filter that is none', '/files?colour=Blue', 'additional properties'],
      ['a year that is no number', '/files?year=soon', 'must be integer'],
      ['a year before any product', '/files?year=1', '>= 1900'],
      ['no rows', '/files?limit=0', '>= 1'],
      ['too many rows', '/files?limit=201', '<= 200'],
      ['a page too far', '/files?offset=10001', '<= 10000'],
      ['NUL, which no text of the table has', '/files?gender=a%00b', 'must match pattern'],
      ['a value too long', `/files?gender=${'a'.repeat(101)}`, '100 characters'],
      ['an id that is none', '/files/seven', 'must be integer'],
      ['a search for nothing', '/search?text=', 'fewer than 1'],
      ['a search without a text', '/search', "required property 'text'"],
      ['a text too long', `/search?text=${'a'.repeat(501)}`, '500 characters'],
    ])('refuses %s, and asks nobody', async (_what, url, says) => {
      const answer = await get(url)
      expect([answer.statusCode, answer.json()]).toEqual([400, { error: expect.stringContaining(says) }])
      expect(asked).toEqual([])
    })

    test('one product is found by its id, and one that is not there is a 404', async () => {
      expect((await get('/files/7')).json()).toEqual(FILE)
      const absent = await get('/files/8')
      expect([absent.statusCode, absent.json()]).toEqual([404, { error: 'there is no product 8' }])
    })

    test('a picture reaches the search byte by byte; what is no kind of picture does not', async () => {
      expect((await post('bytes', 'image/webp', '?limit=3')).json()).toEqual({
        found: [{ score: 1, file: FILE }],
      })
      expect(asked).toEqual([['byPicture', 'bytes', 3]])
      expect((await post('<html>', 'text/html')).statusCode).toBe(415)
      expect((await post('GIF89a', 'image/gif')).statusCode).toBe(415)
      expect(asked).toHaveLength(1)
    })

    test('what goes wrong in the search is told; what goes wrong inside is not', async () => {
      fails = new SearchError(422, 'not a picture: expected JPEG, PNG, WEBP')
      expect([(await post('x')).statusCode, (await post('x')).json()]).toEqual([
        422,
        { error: 'not a picture: expected JPEG, PNG, WEBP' },
      ])
      fails = new Error('password authentication failed for user "fashion"')
      const answer = await get('/files')
      expect([answer.statusCode, answer.body]).toEqual([500, '{"error":"something went wrong; try again"}'])
    })

    test('its documentation names every path', async () => {
      expect((await get('/docs/')).body).toContain('swagger')
      const { paths } = (await get('/docs/json')).json() as { paths: object }
      expect(Object.keys(paths)).toEqual(['/health', '/files', '/files/{id}', '/search', '/search/image'])
    })
  })

  describe('GraphQL', () => {
    const ask = async (
      query: string,
      variables: object = {},
    ): Promise<{ data?: unknown; errors?: unknown }> => {
      const payload = JSON.stringify({ query, variables })
      const headers = { 'content-type': 'application/json' }
      return (await apps.graphql.inject({ method: 'POST', url: '/graphql', headers, payload })).json()
    }

    test('filesByFilters hands over what is given, and nothing else', async () => {
      const { data } = await ask(
        'query ($c: String) { filesByFilters(baseColour: $c, year: 2020, limit: 2) { id s3Path created_at } }',
        { c: "'; drop table fashion_files; --" },
      )
      expect(data).toEqual({
        filesByFilters: [{ id: '7', s3Path: FILE.s3Path, created_at: FILE.created_at }],
      })
      expect(asked).toEqual([
        ['find', { baseColour: "'; drop table fashion_files; --", year: 2020 }, { limit: 2, offset: 0 }],
      ])
    })

    test('allFiles is fifty files from the first on, in every field', async () => {
      const fields = Object.keys(FILE).join(' ')
      expect((await ask(`{ allFiles { ${fields} } }`)).data).toEqual({ allFiles: [FILE] })
      expect(asked).toEqual([['find', {}, { limit: 50, offset: 0 }]])
    })

    test('what is found by a text comes with its score', async () => {
      const { data } = await ask('{ searchByText(text: "blue shirt") { score file { id } } }')
      expect(data).toEqual({ searchByText: [{ score: 0.5, file: { id: '7' } }] })
      expect(asked).toEqual([['byText', 'blue shirt', 20]])
    })

    const nested = (depth: number): string =>
      `{ ${'... on Query { '.repeat(depth)} __typename ${'} '.repeat(depth)} }`
    test('a query may be five levels deep, and not six', async () => {
      expect((await ask(nested(4))).data).toEqual({ __typename: 'Query' })
      expect((await ask(nested(5))).errors).toMatchObject([
        { message: expect.stringMatching(/depth limit of 5/i) },
      ])
    })

    test.each([
      ['a field that is not there', '{ allFiles { password } }', 'Cannot query field'],
      ['too many rows', '{ allFiles(limit: 201) { id } }', 'limit is 201; expected 1 to 200'],
      ['a page too far', '{ allFiles(offset: 10001) { id } }', 'offset is 10001; expected 0 to 10000'],
      [
        'too many rows of a filter',
        '{ filesByFilters(limit: 201) { id } }',
        'limit is 201; expected 1 to 200',
      ],
      [
        'a page of a filter too far',
        '{ filesByFilters(offset: -1) { id } }',
        'offset is -1; expected 0 to 10000',
      ],
      ['a filter that is none', '{ filesByFilters(colour: "Blue") { id } }', 'Unknown argument "colour"'],
      ['a number for a text', '{ filesByFilters(gender: 1) { id } }', 'String cannot represent'],
      ['a number beyond 32 bits', '{ filesByFilters(year: 3000000000) { id } }', 'Int cannot represent'],
      ['NUL', '{ filesByFilters(gender: "a\\u0000b") { id } }', 'gender holds a NUL character'],
      ['a text of nothing', '{ searchByText(text: " ") { score } }', 'expected 1 to 500'],
      [
        'eleven names for one field',
        `{ ${Array.from({ length: 11 }, (_, at) => `a${at}: allFiles { id }`).join(' ')} }`,
        'Aliases limit of 10',
      ],
      ['more than a thousand words', `{ ${'__typename '.repeat(1001)} }`, 'Token limit of 1000'],
      [
        'a circle of fragments',
        '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }',
        'fragment',
      ],
      ['a mutation', 'mutation { drop }', 'mutation'],
      ['what is no picture', '{ searchByImage(image: "x") { score } }', 'image is no uploaded file'],
    ])('refuses %s, and asks nobody', async (_what, query, says) => {
      const { data, errors } = await ask(query)
      expect(data ?? null).toBeNull()
      expect(JSON.stringify(errors)).toContain(JSON.stringify(says).slice(1, -1))
      expect(asked).toEqual([])
    })

    test('what goes wrong in the search is told; what goes wrong inside is not', async () => {
      fails = new SearchError(503, 'the search does not answer; try again')
      expect((await ask('{ searchByText(text: "a") { score } }')).errors).toMatchObject([
        { message: 'the search does not answer; try again', extensions: { code: 'UNAVAILABLE' } },
      ])
      fails = new Error('password authentication failed')
      expect(JSON.stringify(await ask('{ allFiles { id } }'))).not.toContain('password')
    })

    test('a browser gets the page to try queries', async () => {
      const page = { method: 'GET', url: '/graphql', headers: { accept: 'text/html' } } as const
      expect((await apps.graphql.inject(page)).body).toContain('fashion-catalog')
    })
  })

  /** What a client reads that sends everything it has before it reads. */
  async function sent(app: App, path: string, headers: readonly string[], bytes: number): Promise<string> {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').pause()
    socket.write([`POST ${path} HTTP/1.1`, 'host: a', ...headers, '', ''].join('\r\n'))
    const chunk = Buffer.alloc(64 * 1024, 1)
    const isChunked = headers.includes('transfer-encoding: chunked')
    for (let left = bytes; left > 0; left -= chunk.length) {
      const whole = isChunked ? Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]) : chunk
      if (!socket.write(whole)) await once(socket, 'drain')
    }
    return text(socket)
  }
  const TOO_MUCH = LARGEST_PICTURE + 8 * 64 * 1024

  test.each([
    ['rest', '/search/image', 'image/jpeg'],
    ['graphql', '/graphql', 'multipart/form-data; boundary=b'],
  ] as const)('%s refuses 5 MiB and some with a whole 413, whoever asks', async (name, path, type) => {
    const app = apps[name]
    const { port } = app.server.address() as AddressInfo
    for (let round = 0; round < 5; round += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: new Uint8Array(TOO_MUCH),
      })
      expect([answer.status, await answer.json()]).toEqual([
        413,
        { error: expect.stringContaining('at most') },
      ])
    }
    const announced = [`content-type: ${type}`, `content-length: ${TOO_MUCH}`]
    expect(await sent(app, path, announced, TOO_MUCH)).toMatch(/^HTTP\/1\.1 413 [\s\S]*\{"error":".*"\}$/)
    const chunked = [`content-type: ${type}`, 'transfer-encoding: chunked']
    expect(await sent(app, path, chunked, TOO_MUCH)).toMatch(/^HTTP\/1\.1 413 [\s\S]*\{"error":".*"\}$/)
    expect(asked).toEqual([])
  })
})
