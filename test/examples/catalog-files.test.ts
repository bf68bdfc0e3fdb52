import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type FashionFile,
  Files,
  type Filters,
  filesStatement,
} from '../../examples/fashion-catalog/apps/catalog/src/files.ts'
import { ask, loginOf, openPlace, type Place } from '../providers/local/postgres/database.ts'

const PAGE = { limit: 50, offset: 0 }

/** Anything that a person or an attacker may write into a filter; PostgreSQL has no text with NUL, and the APIs refuse it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.replaceAll('\0', '').toWellFormed()),
  fc.constantFrom(
    "' or '1'='1",
    "Blue'; drop table fashion_files; --",
    '$1',
    '") or true --',
    'Blue\\',
    "Blue' union select usename, passwd from pg_shadow --",
    '%',
    '_lue',
  ),
)
const anyFilters: fc.Arbitrary<Filters> = fc.record(
  {
    masterCategory: anyText,
    gender: anyText,
    baseColour: anyText,
    season: anyText,
    year: fc.integer({ min: 1900, max: 2100 }),
  },
  { requiredKeys: [] },
)

describe('what files are asked for becomes a statement', () => {
  test('no filter asks for every file, in the order of their ids', () => {
    const { text, values } = filesStatement({}, PAGE)
    expect(text).not.toContain('where')
    expect(text).toContain('order by fashion_files.id limit $1 offset $2')
    expect(values).toEqual([50, 0])
  })

  test('each filter that is given is a condition, and its value a parameter', () => {
    const { text, values } = filesStatement({ year: 2020, gender: 'Women' }, { limit: 7, offset: 14 })
    expect(text).toContain('where "gender" = $3 and "year" = $4 order by')
    expect(values).toEqual([7, 14, 'Women', 2020])
  })

  test('a filter that is null is one that is not given', () => {
    expect(filesStatement({ gender: null, year: null }, PAGE)).toEqual(filesStatement({}, PAGE))
  })

  test('a word that is no filter never becomes a column', () => {
    const filters = { 'id" = 1 or "id': 'x', constructor: 'y' } as Filters
    expect(filesStatement(filters, PAGE)).toEqual(filesStatement({}, PAGE))
  })

  test('no value is ever a part of the text: it depends on which filters are given, and on nothing else', () => {
    fc.assert(
      fc.property(anyFilters, fc.nat(200), fc.nat(10_000), (filters, limit, offset) => {
        const given = Object.keys(filters)
        const plain = Object.fromEntries(given.map((name) => [name, name === 'year' ? 2000 : 'x']))
        const { name, text, values } = filesStatement(filters, { limit, offset })
        const expected = filesStatement(plain, PAGE)
        expect({ name, text }).toEqual({ name: expected.name, text: expected.text })
        expect(new Set(text.match(/\$\d+/g))).toEqual(new Set(values.map((_, at) => `$${at + 1}`)))
        // A statement is planned once by its name, which PostgreSQL cuts at 63 bytes.
        expect(name.length).toBeLessThanOrEqual(63)
      }),
    )
  })
})

describe('in PostgreSQL', () => {
  const ROWS = [
    { id: 1, baseColour: 'Blue', gender: 'Women', season: 'Summer', masterCategory: 'Apparel', year: 2020 },
    { id: 2, baseColour: "Blue' --", gender: 'Men', season: '%', masterCategory: '$1', year: 2021 },
    { id: 10, baseColour: 'blue', gender: '', season: "' or '1'='1", masterCategory: 'Blue\\', year: 2021 },
  ] as const
  let place: Place
  let files: Files

  beforeAll(async () => {
    place = await openPlace()
    const login = loginOf(await place.engine({ names: ['fashion'] }).start())
    await ask(
      login,
      `create table fashion_files (id bigint primary key, filename text, s3_path text, "masterCategory" text, "subCategory" text,
        "articleType" text, "baseColour" text, season text, year integer, usage text, gender text, "productDisplayName" text,
        dataset text, created_at timestamptz default '2026-01-02T03:04:05+02')`,
    )
    const columns = ['id', 'baseColour', 'gender', 'season', 'masterCategory', 'year'] as const
    const rows = ROWS.map(
      (row) => `(${columns.map((name) => `'${String(row[name]).replaceAll("'", "''")}'`)})`,
    )
    await ask(login, `insert into fashion_files (${columns.map((name) => `"${name}"`)}) values ${rows}`)
    files = new Files(login)
  }, 120_000)
  afterAll(async () => {
    await files.close()
    await place.close()
  })

  const ids = (found: readonly FashionFile[]): string[] => found.map(({ id }) => id)

  test('whatever is written into a filter finds just the rows that are equal to it, and changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(anyFilters, async (filters) => {
        const equal = ROWS.filter((row) =>
          Object.entries(filters).every(([name, value]) => row[name as keyof Filters] === value),
        )
        expect(ids(await files.find(filters, PAGE))).toEqual(equal.map(({ id }) => String(id)))
      }),
    )
    expect(await files.count()).toBe(ROWS.length)
  })

  test('pages follow the number of an id, not its letters, and times are those of UTC', async () => {
    expect(ids(await files.find({}, { limit: 2, offset: 1 }))).toEqual(['2', '10'])
    expect((await files.find({}, { limit: 1, offset: 0 }))[0]?.created_at).toBe('2026-01-02T01:04:05Z')
  })

  test('ids that are not there are left out', async () => {
    expect(ids(await files.byIds([10, 99, 1])).sort()).toEqual(['1', '10'])
    expect(await files.byIds([])).toEqual([])
  })
})
