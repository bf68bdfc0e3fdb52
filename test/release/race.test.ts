import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdLock } from '../../src/commands/rollout/hold.ts'
import { fileObjects } from '../../src/providers/local/objects/file-objects.ts'
import { openLedger } from '../../src/release/ledger.ts'
import { rolloutLock } from '../../src/release/lock.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'

let folder: string
let uri: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-race-'))
  uri = `${pathToFileURL(folder).href}/`
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A real process; its output, also where it was killed. */
function child(mode: string, name: string): Promise<string> {
  const file = join(import.meta.dirname, 'race-child.ts')
  return new Promise((resolve) => {
    execFile(process.execPath, [file, mode, folder, uri, name], (_, stdout) => resolve(stdout))
  })
}

test('R30 of several processes that roll out at once never two hold the lock', async () => {
  const ends = await Promise.all(['500', '500', '500', '500'].map((ms) => child('lock', ms)))
  expect(ends).toContain('held')
  for (const end of ends) expect(end).toMatch(/^(held$|locked: )/)
})

test('R30 while a rollout runs, another one is refused with its holder and age', async () => {
  const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
  const held = await holdLock(runtime, rolloutLock(fileObjects([folder]), uri), 0)
  expect(await child('lock', '0')).toMatch(/^locked: a rollout by .*, running for .* \(process \d+ on /)
  await held.free()
  expect(await child('lock', '0')).toBe('held')
})

test('R28 R30 a holder that was killed is succeeded at once on the same machine', async () => {
  expect(await child('die', '0')).toBe('')
  expect(await child('lock', '0')).toBe('held')
})

test('R30 of several processes that move live.json from the same version exactly one wins', async () => {
  const ends = await Promise.all(['a', 'b', 'c', 'd'].map((name) => child('swap', name)))
  const ledger = openLedger(fileObjects([folder]), uri, fakeRuntime())
  const live = await ledger.live()
  const winners = ends.filter((end) => end.startsWith('live '))
  expect(winners.length).toBeGreaterThanOrEqual(1)
  expect(winners).toContain(`live ${live?.value.sequence}`)
  for (const end of ends) expect(end).toMatch(/^(live \d+|locked: )/)
  expect((await ledger.releases()).map((release) => release.sequence)).toEqual([1, 2, 3, 4])
})
