import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { postgresIn } from '../../../../src/providers/local/postgres/leftover.ts'
import { describeReal } from '../../../real.ts'
import { ask, loginOf, openPlace, type Place } from './database.ts'

let place: Place

beforeEach(async () => {
  place = await openPlace()
})
afterEach(() => place.close())

describe('embedded PostgreSQL', () => {
  test('R5 makes every database, masks the password, lets nobody in without it, and listens on 127.0.0.1 only', async () => {
    const endpoint = await place.engine().start()
    const login = loginOf(endpoint)
    expect(login.database).toBe('films')
    expect(endpoint.url).toBe(`postgresql://postgres@127.0.0.1:${login.port}/films`)
    expect(endpoint.url).not.toContain(login.password)
    for (const database of ['films', 'ml-flow"x']) {
      expect(await ask({ ...login, database }, 'SELECT current_database() AS name')).toEqual([
        { name: database },
      ])
    }
    await expect(ask({ ...login, password: 'wrong' }, 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    )
    expect(await ask(login, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
    expect(await ask(login, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }])
    const settings = join(place.base, 'postgres/db/settings.json')
    expect((await stat(settings)).mode & 0o777).toBe(0o600)
    expect(place.events).toContainEqual({ kind: 'mask', value: login.password })
  })

  test('keeps data, password and port over a stop, and adds databases that came later', async () => {
    const first = place.engine()
    const login = loginOf(await first.start())
    await ask(login, 'CREATE TABLE film AS SELECT 7 AS id')
    await first.stop()
    await first.stop()
    const again = loginOf(await place.engine({ names: ['films', 'later'] }).start())
    expect(again).toEqual(login)
    expect(await ask(again, 'SELECT id FROM film')).toEqual([{ id: 7 }])
    expect(await ask({ ...again, database: 'later' }, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('takes another port where its own was taken meanwhile', async () => {
    const first = place.engine()
    const login = loginOf(await first.start())
    await first.stop()
    const thief = createServer()
    await new Promise<void>((resolve) => thief.listen(login.port, '127.0.0.1', resolve))
    try {
      const again = loginOf(await place.engine().start())
      expect(again.port).not.toBe(login.port)
      expect(await ask(again, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    } finally {
      thief.close()
    }
  })

  test('says when it runs another version than asked for', async () => {
    await place.engine({ version: '15' }).start()
    const text = expect.stringMatching(
      /^database db asks for PostgreSQL 15; cloud local runs the embedded 18/,
    )
    expect(place.events).toContainEqual({ kind: 'message', level: 'notice', text })
  })

  test('works below a path longer than a Unix socket may have', async () => {
    const folder = join(place.base, 'x'.repeat(120), 'postgres', 'db')
    expect(await ask(loginOf(await place.engine({}, folder).start()), 'SELECT 1 AS one')).toEqual([
      { one: 1 },
    ])
  })
})

describe('after kill -9', () => {
  test('of everything, what was committed is there', async () => {
    const engine = place.engine()
    const login = loginOf(await engine.start())
    await ask(login, 'CREATE TABLE film AS SELECT 7 AS id')
    const data = join(place.base, 'postgres/db/data')
    for (const pid of await postgresIn(place.runtime.exec, data)) process.kill(pid, 'SIGKILL')
    expect((await engine.died).message).toContain('database db ended by itself (SIGKILL)')
    expect(await ask(loginOf(await place.engine().start()), 'SELECT id FROM film')).toEqual([{ id: 7 }])
  })

  test('R28 of the supervisor alone, the old server is ended and the new one goes on', async () => {
    const orphan = loginOf(await place.engine().start())
    await ask(orphan, 'CREATE TABLE film AS SELECT 7 AS id')
    const data = join(place.base, 'postgres/db/data')
    const before = await postgresIn(place.runtime.exec, data)
    expect(before.length).toBeGreaterThan(0)
    // A second engine on the same folder knows nothing of the first: as after a restart of the machine's supervisor.
    const again = loginOf(await place.engine().start())
    expect(await ask(again, 'SELECT id FROM film')).toEqual([{ id: 7 }])
    const after = await postgresIn(place.runtime.exec, data)
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
  })

  test('a stale postmaster.pid that names a living stranger hurts neither', async () => {
    const engine = place.engine()
    const login = loginOf(await engine.start())
    await engine.stop()
    const stranger = process.pid
    const file = join(place.base, 'postgres/db/data/postmaster.pid')
    await writeFile(
      file,
      `${stranger}\n${join(place.base, 'postgres/db/data')}\n0\n${login.port}\n\n127.0.0.1\n`,
    )
    expect(await ask(loginOf(await place.engine().start()), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    expect(await readFile(file, 'utf8')).not.toMatch(new RegExp(`^${stranger}\n`))
  })
})

describe('in a folder that the account of PostgreSQL may not enter', () => {
  test('the data lies elsewhere, behind a link, and a notice says where', async () => {
    const closed = await openPlace(0o700)
    try {
      const login = loginOf(await closed.engine().start())
      expect(await ask(login, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
      const moved = closed.events.some(
        (event) => event.kind === 'message' && event.text.includes('its data lies in'),
      )
      // Only root needs another account; anybody else runs it as himself, where he is.
      expect(moved).toBe(process.getuid?.() === 0)
    } finally {
      await closed.close()
    }
  })
})

describeReal('psql reaches it', ['psql'], () => {
  test('over TCP with the password', async () => {
    const login = loginOf(await place.engine().start())
    const args = [
      '-h',
      login.host,
      '-p',
      `${login.port}`,
      '-U',
      login.user,
      '-d',
      login.database,
      '-Atc',
      'SELECT 40 + 2',
    ]
    const env = { PATH: process.env['PATH'], PGPASSWORD: login.password }
    expect((await promisify(execFile)('psql', args, { env })).stdout).toBe('42\n')
  })
})
