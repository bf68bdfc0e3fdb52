import { describe, expect, test } from 'vitest'
import { loadSystem } from '../../src/config/load.ts'
import type { System } from '../../src/domain/system/system.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'

const text = `system: films
environments:
  staging: { cloud: aws, region: eu-west-1, account: "222222222222" }
  pr:
    cloud: aws
    region: eu-west-1
    account: "333333333333"
    zone: films.example
    cidr: 10.0.0.0/16
    nat: single
    preview: { keep: 3d }
    set: { services.api.scale.max: 9, services.worker: null, services.api.domain: api.films.example, databases.db.storage: 30GiB }
images: { api: { mirror: "x:1" } }
services:
  api: { image: api, port: 80, scale: { min: 3, max: 6, cpu: 75 }, domain: www.elsewhere.example }
  idle: { image: api, port: 80, scale: { min: 0, max: 6 } }
  worker: { image: api, scale: { min: 2 } }
databases: { db: { class: db.r6g.large, high-availability: true, backup-days: 30 } }
buckets: { raw: { versioned: true }, scratch: { protect: false } }
tables: { t: { attributes: { id: string }, key: { partition: id } } }
caches: { c: { class: cache.r6g.large } }
`
const NO_DOMAIN = text.replace(', domain: www.elsewhere.example', '')
const load = async (name: string, written = NO_DOMAIN): Promise<System> =>
  (await loadSystem(new MemoryFiles({ '/p/sluice.yml': written }), '/p/sluice.yml', name, '/p')).system

describe('a preview', () => {
  test('is an environment of the name of its pull request, where the one before the number says preview', async () => {
    const { environment } = await load('pr-123')
    expect(environment).toEqual({
      name: 'pr-123',
      preview: { of: 'pr', number: 123 },
      cloud: 'aws',
      region: 'eu-west-1',
      account: '333333333333',
      zone: 'films.example',
      nat: 'single',
      tags: {},
    })
    expect((await load('pr')).environment.previews).toEqual({ keep: 3 * 86_400_000 })
  })

  test.each(['staging-1', 'pr-0', 'pr-01', 'pr-x', 'pr-', 'pr-1234567890', 'other-1'])(
    '%s is none',
    async (name) => {
      await expect(load(name)).rejects.toThrow(`sluice.yml has no environment "${name}"`)
    },
  )

  test('is as small as each kind goes, after what its environment sets', async () => {
    const { services, databases, caches } = await load('pr-7')
    expect(Object.keys(services)).toEqual(['api', 'idle'])
    expect(services['api']?.scale).toEqual({ min: 1, max: 1 })
    expect(services['idle']?.scale).toEqual({ min: 0, max: 1 })
    expect(databases['db']).toMatchObject({ highAvailability: false, backupDays: 0, storage: 30 * 2 ** 30 })
    expect(databases['db']?.class).toBeUndefined()
    expect(caches['c']?.class).toBeUndefined()
  })

  test('R16 nothing of it is protected: its data go with it', async () => {
    const { databases, buckets, tables } = await load('pr-7')
    const all = [...Object.values(databases), ...Object.values(buckets), ...Object.values(tables)]
    expect(all.map(({ name, protect }) => [name, protect])).toEqual([
      ['db', false],
      ['raw', false],
      ['scratch', false],
      ['t', false],
    ])
  })

  test('R16 what it is made like, and every other environment, stays as it is', async () => {
    for (const name of ['pr', 'staging']) {
      const { databases, buckets } = await load(name)
      expect(databases['db']).toMatchObject({ protect: true, class: 'db.r6g.large', backupDays: 30 })
      expect(buckets['raw']?.protect).toBe(true)
    }
  })

  test('has domains of its own in the same zone', async () => {
    expect((await load('pr-7')).services['api']?.domain).toBe('pr-7-api.films.example')
    expect((await load('pr')).services['api']?.domain).toBe('api.films.example')
  })

  test('a declared environment of its name comes first', async () => {
    const declared = NO_DOMAIN.replace('staging:', 'pr-7:')
    expect((await load('pr-7', declared)).environment).toMatchObject({ account: '222222222222' })
    expect((await load('pr-7', declared)).environment.preview).toBeUndefined()
  })

  test('what would be wrong with one is said before there is one', async () => {
    const long = NO_DOMAIN.replace('raw:', `${'r'.repeat(38)}:`)
    await expect(load('staging', long)).rejects.toThrow(/films-pr-999999-r+-333333333333, has \d+ characters/)
  })

  test('is not made of infrastructure of a team, nor on cloud local', async () => {
    await expect(load('pr-7', `${NO_DOMAIN}infra: { hcl: own }\n`)).rejects.toThrow(
      "environments.pr.preview: found beside a team's own infra",
    )
    const local = 'system: s\nenvironments: { pr: { cloud: local, preview: { keep: 1d } } }\n'
    await expect(load('pr', local)).rejects.toThrow('environments.pr.preview: found on cloud local')
  })
})
