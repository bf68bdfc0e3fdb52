import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import {
  DATABASE_NAMES_COMMAND,
  databaseClient,
  databaseNamesKey,
} from '../../../src/domain/system/database-names.ts'
import { ask, loginOf, openPlace } from '../../providers/local/postgres/database.ts'
import { describeReal } from '../../real.ts'

test('the client is of the major version of the server, and its key that of no step', () => {
  expect(databaseClient('16')).toBe('public.ecr.aws/docker/library/postgres:16-alpine')
  expect(databaseClient('16.4')).toBe('public.ecr.aws/docker/library/postgres:16-alpine')
  expect(databaseNamesKey('db')).not.toContain('.')
})

describeReal('the task that makes databases', ['psql'], () => {
  test('makes those that are absent, twice without harm, and takes a name for nothing but a name', async () => {
    const place = await openPlace()
    try {
      const login = loginOf(await place.engine().start())
      const [command = '', ...args] = DATABASE_NAMES_COMMAND
      const make = (names: readonly string[]) =>
        promisify(execFile)(command, args, {
          env: {
            PATH: process.env['PATH'],
            PGHOST: login.host,
            PGPORT: String(login.port),
            PGUSER: login.user,
            PGDATABASE: login.database,
            PGPASSWORD: login.password,
            DATABASES: names.join(','),
          },
        })
      const odd = `it's "$(id)"; DROP DATABASE mlflow`
      await make(['mlflow', odd])
      const { stdout } = await make(['mlflow', odd, 'airflow'])
      expect(stdout.match(/CREATE DATABASE/g)).toHaveLength(1)
      const rows = (await ask(login, 'SELECT datname FROM pg_database')) as { datname: string }[]
      const made = rows.map(({ datname }) => datname)
      expect(made).toEqual(expect.arrayContaining(['mlflow', odd, 'airflow']))
      await expect(
        make(['x'.repeat(10)]).then(() => ask({ ...login, database: 'x'.repeat(10) }, 'SELECT 1')),
      ).resolves.toHaveLength(1)
    } finally {
      await place.close()
    }
  })

  test('a server that lets nobody in fails the task', async () => {
    const [command = '', ...args] = DATABASE_NAMES_COMMAND
    const env = { PATH: process.env['PATH'], PGHOST: '127.0.0.1', PGPORT: '1', DATABASES: 'mlflow' }
    await expect(promisify(execFile)(command, args, { env })).rejects.toMatchObject({ code: 2 })
  })
})
