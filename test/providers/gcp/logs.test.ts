import { expect, test } from 'vitest'
import type { LogQuery } from '../../../src/providers/ports/operations.ts'
import { LOCATION, type RunWorld, runWorld } from './run-world.ts'

const NAME = 'films-test-api'

/** One line of a container, so many milliseconds ago. */
function write({ door, world }: RunWorld, text: string, ago = 0, log = 'stdout', service = NAME): void {
  const labels = { service_name: service, location: LOCATION, revision_name: `${service}-0123456789-2` }
  const resource = { type: 'cloud_run_revision', labels }
  door.logging.write(`run.googleapis.com/${log}`, resource, text, {}, world.clock.now() - ago)
}

async function read(cloud: RunWorld, query: Partial<LogQuery> = {}): Promise<readonly string[]> {
  const found: string[] = []
  const all = cloud.provider.operations.logs('api', { follow: false, tail: 100, ...query })
  for await (const { text } of all) found.push(text)
  return found
}

test('the last lines of a service come oldest first, and those of others do not', async () => {
  const cloud = runWorld()
  for (let n = 5; n > 0; n--) write(cloud, `line ${n}`, n * 1000)
  write(cloud, 'of somebody else', 0, 'stdout', 'films-test-web')
  write(cloud, 'GET / 200', 0, 'requests')
  expect(await read(cloud, { tail: 2 })).toEqual(['line 2', 'line 1'])
  expect(await read(cloud)).toHaveLength(5)
})

test('since counts from a time, and a filter is a text that the line has, without a meaning of its own', async () => {
  const cloud = runWorld()
  write(cloud, 'old ERROR', 3_600_000)
  write(cloud, 'new ERROR "x" OR 1=1', 1000)
  write(cloud, 'new and well', 500)
  const since = cloud.world.clock.now() - 60_000
  expect(await read(cloud, { since })).toEqual(['new ERROR "x" OR 1=1', 'new and well'])
  expect(await read(cloud, { since, filter: 'ERROR' })).toEqual(['new ERROR "x" OR 1=1'])
  expect(await read(cloud, { filter: '"x" OR 1=1' })).toEqual(['new ERROR "x" OR 1=1'])
  expect(await read(cloud, { filter: 'ERROR', tail: 1 })).toEqual(['new ERROR "x" OR 1=1'])
})

test('a line says which revision wrote it, and whether it was an error', async () => {
  const cloud = runWorld()
  write(cloud, 'it broke', 0, 'stderr')
  for await (const line of cloud.provider.operations.logs('api', { follow: false, tail: 1 })) {
    expect(line).toMatchObject({ stream: 'stderr', revision: `${NAME}-0123456789`, text: 'it broke' })
  }
})

/** Follows until `count` lines have come, while somebody writes. */
async function follow(
  cloud: RunWorld,
  count: number,
  during: (looks: number) => void,
  query: Partial<LogQuery> = {},
): Promise<readonly string[]> {
  const found: string[] = []
  const leave = new AbortController()
  let looks = 0
  const { plan } = cloud.world.faults
  cloud.world.faults.plan = (request, n) => {
    if (request.includes('entries:list')) during(++looks)
    return plan(request, n)
  }
  const lines = cloud.provider.operations.logs('api', {
    follow: true,
    tail: 10,
    signal: leave.signal,
    ...query,
  })
  for await (const { text } of lines) {
    found.push(text)
    if (found.length === count) break
  }
  leave.abort(new Error('left'))
  return found
}

test('following shows the end and then what comes, each line once, late ones too', async () => {
  const cloud = runWorld()
  write(cloud, 'before', 1000)
  const found = await follow(cloud, 4, (looks) => {
    if (looks === 2) write(cloud, 'now')
    if (looks === 4) write(cloud, 'late', 20_000)
    if (looks === 5) write(cloud, 'last')
  })
  expect(found).toEqual(['before', 'now', 'late', 'last'])
})

test('R26 a log that does not answer for ten minutes is followed on, and no line is lost', async () => {
  const cloud = runWorld()
  write(cloud, 'before', 1000)
  const { clock } = cloud.world
  const began = clock.now()
  cloud.world.faults.plan = (request) =>
    request.includes('entries:list') && clock.now() > began && clock.now() < began + 600_000
      ? { kind: 'refuse', code: 'UNAVAILABLE', message: 'try later' }
      : undefined
  let written = false
  const found = await follow(cloud, 2, () => {
    if (!written && clock.now() > began + 300_000) {
      written = true
      write(cloud, 'while nobody could look')
    }
  })
  expect(found).toEqual(['before', 'while nobody could look'])
  expect(clock.now()).toBeGreaterThan(began + 600_000)
})

test('R24 who may not read the log is told so at once, also while following', async () => {
  const cloud = runWorld()
  cloud.world.faults.plan = () => ({
    kind: 'refuse',
    code: 'PERMISSION_DENIED',
    message: 'logging.logEntries.list denied',
  })
  await expect(read(cloud)).rejects.toMatchObject({ outcome: 'cannot-observe' })
  const later = runWorld()
  let looks = 0
  later.world.faults.plan = (request) =>
    request.includes('entries:list') && ++looks > 3
      ? { kind: 'refuse', code: 'PERMISSION_DENIED', message: 'logging.logEntries.list denied' }
      : undefined
  await expect(read(later, { follow: true })).rejects.toMatchObject({ outcome: 'cannot-observe' })
  expect(looks).toBe(4)
})
