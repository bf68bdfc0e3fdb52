import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databaseTls as ofCatalog } from '../../examples/fashion-catalog/apps/catalog/src/database-tls.ts'
import { databaseTls as ofClassifier } from '../../examples/filmlens/apps/classifier/src/database-tls.ts'
import { databaseTls as ofQueryApi } from '../../examples/filmlens/apps/query-api/src/database-tls.ts'
import { databaseTls as ofVideos } from '../../examples/video-processing/apps/shared/database-tls.ts'
import { loadDocument } from '../../src/config/load.ts'
import type { System } from '../../src/domain/system/system.ts'
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
        expect(found.get(client), client).toMatchObject({ PGSSLMODE: 'verify-full' })
    }
  },
)

const CLIENTS = [
  ['filmlens/apps/query-api/src', ofQueryApi],
  ['filmlens/apps/classifier/src', ofClassifier],
  ['fashion-catalog/apps/catalog/src', ofCatalog],
  ['video-processing/apps/shared', ofVideos],
] as const

test.each(CLIENTS)(
  '%s trusts the authorities of RDS, and on this machine leaves it to the driver',
  (_, tlsOf) => {
    expect(tlsOf({})).toEqual({})
    expect(tlsOf({ PGSSLMODE: 'disable' })).toEqual({})
    const { ssl } = tlsOf({ PGSSLMODE: 'verify-full' })
    expect(ssl?.rejectUnauthorized).toBe(true)
    const subjects = (ssl?.ca ?? []).map((pem) => new X509Certificate(pem).subject)
    // Every region of sluice.yml has three kinds: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
    for (const kind of ['RSA2048', 'RSA4096', 'ECC384']) {
      expect(
        subjects.some((text) => text.includes(`CN=Amazon RDS us-east-1 Root CA ${kind} G1`)),
        kind,
      ).toBe(true)
    }
  },
)

describe('a database with a certificate', () => {
  let place: Awaited<ReturnType<typeof openPlace>>
  let login: ReturnType<typeof loginOf>
  beforeAll(async () => {
    place = await openPlace()
    login = loginOf(await place.engine().start())
  })
  afterAll(() => place.close())

  const VERIFY = { PGSSLMODE: 'verify-full' }

  test.each(CLIENTS)('that the right authority signed lets in who checks it: %s', async (_, tlsOf) => {
    await using door = await startTlsPostgres(login)
    const through = { ...login, port: door.port }
    expect(await ask({ ...through, ...tlsOf(VERIFY, [door.ca]) }, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(door.refused()).toBe(0)
  })

  test.each(CLIENTS)('that another authority signed is refused: %s', async (_, tlsOf) => {
    await using door = await startTlsPostgres(login)
    await using other = await startTlsPostgres(login)
    const through = { ...login, port: door.port }
    const refused = { message: expect.stringMatching(/certificate|self-signed/) }
    await expect(ask({ ...through, ...tlsOf(VERIFY, [other.ca]) }, 'select 1')).rejects.toMatchObject(refused)
    await expect(ask({ ...through, ...tlsOf(VERIFY) }, 'select 1')).rejects.toMatchObject(refused)
  })

  test('for another name is refused, whoever signed it', async () => {
    await using door = await startTlsPostgres(login, 'DNS:another.example')
    const through = { ...login, port: door.port, ...ofQueryApi(VERIFY, [door.ca]) }
    await expect(ask(through, 'select 1')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  })

  test('sends away who comes without TLS', async () => {
    await using door = await startTlsPostgres(login)
    await expect(new pg.Client({ ...login, port: door.port, ...ofQueryApi({}) }).connect()).rejects.toThrow()
    expect(door.refused()).toBe(1)
  })
})
