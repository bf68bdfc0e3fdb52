import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { loadDocument } from '../../src/config/load.ts'
import type { System } from '../../src/domain/system.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { ask, loginOf, openPlace } from '../providers/local/postgres/database.ts'
import { startTlsPostgres } from '../real/tls-postgres.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')

/** What connects a database from Node, whose driver tries no TLS unless it is told to; libpq does. */
const FROM_NODE = {
  filmlens: ['query-api', 'sensitive.extract'],
  'fashion-catalog': ['graphql-api', 'rest-api'],
  'video-processing': ['web', 'worker', 'sweep.retry'],
} as const

const environmentsOf = async (name: string): Promise<readonly System[]> =>
  (await loadDocument(nodeFiles, join(EXAMPLES, name, 'sluice.yml'), EXAMPLES)).environments.map(
    ({ system }) => system,
  )

/** Service, or pipeline and step -> its variables. */
function databaseClients({
  services,
  pipelines,
  databases,
}: System): Map<string, Readonly<Record<string, string>>> {
  const steps = Object.values(pipelines).flatMap(({ name, steps: all }) =>
    Object.values(all).map((step) => [`${name}.${step.name}`, step] as const),
  )
  const both = [...Object.entries(services), ...steps]
  return new Map(
    both.flatMap(([name, { connects, env }]) =>
      connects.some((other) => other in databases) ? [[name, env] as const] : [],
    ),
  )
}

test.each(Object.entries(FROM_NODE))(
  '%s asks RDS for TLS, which takes nothing else',
  async (name, clients) => {
    const onAws = (await environmentsOf(name)).filter(({ environment }) => environment.cloud === 'aws')
    expect(onAws).toHaveLength(1)
    for (const system of onAws) {
      const found = databaseClients(system)
      for (const client of clients)
        expect(found.get(client), client).toMatchObject({ PGSSLMODE: 'no-verify' })
    }
  },
)

test('the driver reads that variable, and is let in; without it, it is sent away', async () => {
  const place = await openPlace()
  const login = loginOf(await place.engine().start())
  const before = process.env['PGSSLMODE']
  await using door = await startTlsPostgres(login)
  try {
    const through = { ...login, port: door.port }
    delete process.env['PGSSLMODE']
    await expect(new pg.Client(through).connect()).rejects.toThrow()
    expect(door.refused()).toBe(1)
    process.env['PGSSLMODE'] = 'no-verify'
    expect(await ask(through, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(door.refused()).toBe(1)
  } finally {
    if (before === undefined) delete process.env['PGSSLMODE']
    else process.env['PGSSLMODE'] = before
    await place.close()
  }
})
