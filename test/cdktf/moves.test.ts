import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withMoves } from '../../cdktf/core/moves.ts'
import { synthesizer } from '../../cdktf/index.ts'
import { loadSystem } from '../../src/config/load.ts'
import type { Stack } from '../../src/domain/stacks/synthesizer.ts'
import { RENAMABLE, systemBefore } from '../../src/domain/system/rename.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'
import { type Resources, stacks } from './stack.ts'

const root = join(import.meta.dirname, '../..')
const SHOP = `
services: { api: { image: app, port: 8000, domain: api.films.example, connects: [db, raw, seen] } }
functions: { resize: { source: f, handler: i.h, runtime: nodejs22.x, connects: [raw] } }
apis: { files: { routes: { GET /r: resize } } }
workers: { detector: { image: app, gpu: 0, connects: [raw] } }
databases: { db: {} }
buckets: { raw: {} }
tables: { seen: { attributes: { id: string }, key: { partition: id } } }
topics: { uploaded: { subscriber: api } }
caches: { sessions: {} }
pipelines: { daily: { steps: { one: { image: app, connects: [db], outputs: { x: raw/x/ } } } } }
components: { storage: [raw, seen] }
`
const addresses = (all: readonly Stack[]): string[] =>
  all.flatMap(({ name, json }) =>
    Object.entries((json['resource'] ?? {}) as Resources).flatMap(([type, resources]) =>
      Object.keys(resources).map((id) => `${name} ${type}.${id}`),
    ),
  )

/** The same text with another name everywhere, and the line that says so. */
function renamed(from: string, to: string): string {
  const [kind = '', old = ''] = from.split('.')
  const now = to.split('.')[1] ?? ''
  const text = SHOP.replaceAll(new RegExp(`(?<=[{\\[, ]|connects: \\[)${old}(?=[:,\\]/ ])`, 'g'), now)
  return `${text}renamed: { ${kind}.${old}: ${to} }\n`
}

describe('a changed name', () => {
  test.each([
    ['services.api', 'services.web'],
    ['functions.resize', 'functions.scale'],
    ['apis.files', 'apis.pictures'],
    ['workers.detector', 'workers.finder'],
    ['databases.db', 'databases.films'],
    ['buckets.raw', 'buckets.videos'],
    ['tables.seen', 'tables.entities'],
    ['topics.uploaded', 'topics.arrived'],
    ['caches.sessions', 'caches.logins'],
    ['pipelines.daily', 'pipelines.nightly'],
  ])('R16 %s -> %s moves every resource whose address changes, and no other', async (from, to) => {
    const before = addresses(await stacks(SHOP))
    const after = await stacks(renamed(from, to))
    const now = new Set(addresses(after))
    const moves = after.flatMap(({ name, moved = [] }) => moved.map((move) => ({ name, ...move })))
    expect(moves.length).toBeGreaterThan(0)
    const gone = before.filter((address) => !now.has(address))
    expect(moves.map((move) => `${move.name} ${move.from}`).sort()).toEqual(gone.sort())
    for (const { name, to: address } of moves) expect(now).toContain(`${name} ${address}`)
    // Terraform reads them from the JSON.
    for (const { json, moved = [] } of after) {
      expect(json['moved'] ?? []).toEqual(moved.map((move) => ({ from: move.from, to: move.to })))
    }
  })

  test('of an image moves its repository, whose name in the cloud is another: it is said', async () => {
    const text = 'services: { api: { image: web, port: 80 } }\nrenamed: { images.app: images.web }\n'
    const whole = `system: films
environments: { test: { cloud: aws, region: us-east-1, account: "222222222222" } }
images: { web: { context: app } }
${text}`
    const moves = (await stacks(whole)).flatMap(({ moved = [] }) => moved)
    expect(moves.map(({ from, replaced }) => [from.replace(/_[0-9A-F]{8}$/, ''), replaced])).toEqual([
      ['aws_ecr_repository.image-app_repository', 'films-test/app'],
      ['aws_ecr_lifecycle_policy.image-app_lifecycle', undefined],
    ])
  })

  test('R16 of a bucket says that its content does not come along', async () => {
    const all = await stacks(renamed('buckets.raw', 'buckets.videos'))
    const replaced = all.flatMap(({ moved = [] }) => moved).filter((move) => move.replaced !== undefined)
    expect(replaced).toEqual([
      {
        from: expect.stringMatching(/^aws_s3_bucket\.bucket-raw_bucket_/),
        to: expect.stringMatching(/^aws_s3_bucket\.bucket-videos_bucket_/),
        replaced: 'films-test-raw-222222222222',
      },
    ])
  })

  test('of a database replaces no server: RDS changes its name in place', async () => {
    const all = await stacks(renamed('databases.db', 'databases.films'))
    const moves = all.flatMap(({ moved = [] }) => moved)
    expect(moves.map(({ from }) => from.split('.')[0])).toContain('aws_db_instance')
    expect(moves.filter((move) => move.replaced !== undefined)).toEqual([])
  })

  test('in an environment that leaves the new one out moves nothing', async () => {
    const text = `system: films
environments:
  test: { cloud: aws, region: us-east-1, account: "222222222222", set: { buckets.videos: null } }
buckets: { videos: {}, kept: {} }
renamed: { buckets.raw: buckets.videos }
`
    expect((await stacks(text)).flatMap(({ moved = [] }) => moved)).toEqual([])
  })

  test('nothing else of the JSON differs from a system that had the new name all along', async () => {
    const text = renamed('services.api', 'services.web')
    const plain = (all: readonly Stack[]): unknown => all.map(({ json: { moved: _, ...json } }) => json)
    expect(plain(await stacks(text))).toEqual(plain(await stacks(text.replace(/^renamed:.*$/m, ''))))
  })

  test('what no rename explains is a defect, and never moved', async () => {
    const [one, other] = [await stacks('buckets: { raw: {} }'), await stacks('buckets: { videos: {} }')]
    expect(() => withMoves(one, other, [])).toThrow('which no rename says')
    const more = await stacks('buckets: { raw: {}, scratch: {} }')
    expect(() => withMoves(more, one, [])).toThrow('other resources')
  })
})

const EXAMPLE = readFileSync(join(root, 'sluice.example.yml'), 'utf8')

test.each([
  ['production', /^aws_ecs_service\.service-api_/],
  ['europe', /^google_cloud_run_v2_service\.service-api_/],
])('the documented example moves in %s what was renamed there', async (environment, address) => {
  const moves = (await stacks(EXAMPLE, environment)).flatMap(({ moved = [] }) => moved)
  expect(moves.map(({ to }) => to)).toContainEqual(expect.stringMatching(address))
})

test('on Google Cloud a database keeps its address, and its server is replaced: it is said', async () => {
  const text = `system: films
environments: { test: { cloud: gcp, region: europe-west4, project: film-lens } }
databases: { films: {} }
renamed: { databases.db: databases.films }
`
  const moves = (await stacks(text)).flatMap(({ moved = [] }) => moved)
  expect(moves.filter((move) => move.replaced !== undefined)).toEqual([
    {
      from: expect.stringMatching(/^google_sql_database_instance\./),
      to: expect.stringMatching(/^google_sql_database_instance\./),
      replaced: expect.stringContaining('db'),
    },
  ])
})

test.each(['production', 'europe'])(
  'R16 in %s of the example every resource could have had another name, and all that was there under it moves',
  async (environment) => {
    const files = new MemoryFiles({ '/project/sluice.yml': EXAMPLE })
    const { system } = await loadSystem(files, '/project/sluice.yml', environment, '/project')
    for (const kind of RENAMABLE) {
      for (const to of Object.keys(system[kind])) {
        const renames = [{ kind, from: 'before', to }]
        const now = await synthesizer.synthesize({ system: { ...system, renames }, images: {} })
        const { renames: _, ...old } = systemBefore(system, renames)
        const then = addresses(await synthesizer.synthesize({ system: old, images: {} }))
        const there = new Set(addresses(now))
        const moves = now.flatMap(({ name, moved = [] }) => moved.map(({ from }) => `${name} ${from}`))
        expect(moves.length).toBeGreaterThan(0)
        expect(moves.sort()).toEqual(then.filter((address) => !there.has(address)).sort())
      }
    }
  },
  180_000,
)
