import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectFailure, type Moody, moody } from './moody.ts'

interface Disk {
  fill(): void
  empty(): void
  close(): void
}

/** A disk of 1 MiB, mounted at the folder. */
function smallDisk(folder: string): Disk | undefined {
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  if (status !== 0) return undefined
  const ballast = join(folder, 'ballast')
  return {
    fill: () => expect(() => writeFileSync(ballast, Buffer.alloc(2 ** 21))).toThrow('ENOSPC'),
    empty: () => rmSync(ballast),
    close: () => expect(spawnSync('umount', [folder]).status).toBe(0),
  }
}

/** Where nobody may mount: the command is told that there is no space. */
function pretendedDisk(): Disk {
  const place = mkdtempSync(join(tmpdir(), 'sluice-full-'))
  const flag = join(place, 'full')
  process.env['FULL_DISK'] = flag
  process.env['NODE_OPTIONS'] = `--import=${join(import.meta.dirname, 'fixtures/full-disk.mjs')}`
  return {
    fill: () => writeFileSync(flag, ''),
    empty: () => rmSync(flag),
    close: () => rmSync(place, { recursive: true }),
  }
}

let sluice: Moody
let disk: Disk

beforeAll(async () => {
  sluice = await moody()
  const folder = join(sluice.folder, '.sluice')
  mkdirSync(folder)
  disk = smallDisk(folder) ?? pretendedDisk()
  const { code, stderr } = await sluice.run('release')
  expect(code, stderr).toBe(0)
})
afterAll(async () => {
  await sluice.run('operate', 'destroy', '--confirm', 'local')
  disk.close()
  await sluice.close()
})

test('R48 a full disk in .sluice stops a build and a rollout with what to do; what serves goes on, and so do they', async () => {
  const full = /(the disk is full:|no space left for) \S+\/\.sluice\/local\//
  writeFileSync(join(sluice.folder, 'app/mode.txt'), 'two\n')
  disk.fill()
  expectFailure(await sluice.run('build'), 'external', full, /free some (disk )?space/)
  disk.empty()
  await sluice.build('two')
  disk.fill()
  expectFailure(await sluice.run('rollout'), 'external', full, /free some (disk )?space/)
  expect(sluice.resultFile()?.['outcome'] ?? 'external').toBe('external')
  expect(await sluice.served()).toBe('one')
  disk.empty()
  const { code, stderr } = await sluice.run('rollout')
  expect(code, stderr).toBe(0)
  expect(await sluice.served()).toBe('two')
})
