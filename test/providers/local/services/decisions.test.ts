import fc from 'fast-check'
import { expect, test } from 'vitest'
import { digestOf } from '../../../../src/domain/digest.ts'
import {
  composeVariables,
  connectionVariables,
  inheritedVariables,
} from '../../../../src/providers/local/services/environment.ts'
import { listeners } from '../../../../src/providers/local/services/free-port.ts'
import { judgeHealth } from '../../../../src/providers/local/services/health.ts'
import { backOff, endingText } from '../../../../src/providers/local/services/trouble.ts'
import { startOf } from '../../../../src/runtime/process-identity.ts'

const none = {
  inherited: {},
  image: {},
  shared: {},
  connections: {},
  own: {},
  secrets: {},
  models: [],
  port: null,
}

test('a process sees five variables of the machine and nothing else of it', () => {
  const env = {
    PATH: '/bin',
    HOME: '/root',
    LANG: 'C',
    TZ: 'UTC',
    TMPDIR: '/tmp',
    AWS_SECRET_ACCESS_KEY: 'x',
    GITHUB_TOKEN: 'y',
  }
  expect(Object.keys(inheritedVariables(env))).toEqual(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'])
})

test('a nearer source of a variable wins; PORT and the model pins are never taken over', () => {
  const digest = digestOf('m')
  const same = (value: string) => ({ A: value, PORT: value, SLUICE_MODEL_M: value })
  const variables = composeVariables({
    inherited: same('inherited'),
    image: same('image'),
    shared: same('shared'),
    connections: same('connections'),
    own: same('own'),
    secrets: {},
    models: [{ name: 'm', version: '3', digest }],
    port: 4000,
  })
  expect(variables).toEqual({ A: 'own', HOST: '127.0.0.1', PORT: '4000', SLUICE_MODEL_M: `3@${digest}` })
  expect(composeVariables({ ...none, own: { A: 'own' }, secrets: { A: 'secret' } })['A']).toBe('secret')
})

test('connects: gives what engines say and where services are; an unknown name lists the known ones', () => {
  const engine = { url: '', shared: {}, connections: { db: { DB_HOST: 'h' } } }
  expect(connectionVariables(['db', 'query-api'], [engine], { 'query-api': 5 })).toEqual({
    DB_HOST: 'h',
    QUERY_API_URL: 'http://127.0.0.1:5',
  })
  expect(() => connectionVariables(['bd'], [engine], { api: 5 })).toThrow('known here: api, db')
})

const digest = digestOf('weights')
const pinned = { path: '/health', models: [{ name: 'sentiment', version: '7', digest }] }

test.each([
  ['the pinned model', { sentiment: `7@${digest}` }, true],
  ['another version', { sentiment: `6@${digest}` }, false],
  ['another digest', { sentiment: `7@${digestOf('other')}` }, false],
  ['no such model', { other: `7@${digest}` }, false],
  ['a pin that is no text', { sentiment: 7 }, false],
])('R42 health with %s', (_name, models, healthy) => {
  expect(judgeHealth(pinned, 200, JSON.stringify({ status: 'ok', models })).healthy).toBe(healthy)
})

test('R42 no answer of a service with a model is healthy by accident', () => {
  fc.assert(fc.property(fc.string(), (body) => !judgeHealth(pinned, 200, body).healthy))
  fc.assert(fc.property(fc.json(), (body) => !judgeHealth(pinned, 200, body).healthy))
  expect(judgeHealth(pinned, 204, JSON.stringify({ models: { sentiment: `7@${digest}` } })).healthy).toBe(
    false,
  )
})

test('an ending says code, how long, how often, a taken port and the last lines', () => {
  const lastLines = ['one', 'Error: listen EADDRINUSE: address already in use 127.0.0.1:8000']
  const text = endingText({ code: 1, signal: null, ran: 300, times: 3, lastLines })
  expect(text).toContain('exited with code 1 after 300ms, 3 times in a row; the port it wanted is taken')
  expect(text).toContain('one | Error: listen EADDRINUSE')
  expect(endingText({ code: null, signal: 'SIGKILL', ran: 1, times: 1, lastLines: [] })).toBe(
    'was ended by SIGKILL after 1ms; it wrote nothing',
  )
})

test('starts are spaced further and further apart, up to half a minute', () => {
  expect([1, 2, 3, 4, 9, 99].map(backOff)).toEqual([200, 400, 800, 1600, 30_000, 30_000])
})

test('the start of a process is read past any name, and the remains of one are nothing', () => {
  const fields = Array.from({ length: 30 }, (_, i) => i + 4).join(' ')
  expect(startOf(`12 (a) b) (c) S ${fields}`)).toBe('22')
  expect(startOf(`12 (node) Z ${fields}`)).toBeUndefined()
})

test('a listening socket is found in the table of the kernel, a connected one is not', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 777 1',
    '   1: 0100007F:1F40 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  0 0 888 1',
  ].join('\n')
  expect(listeners(table, 8000)).toEqual(['777'])
})
