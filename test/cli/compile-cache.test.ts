import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const main = join(import.meta.dirname, '../../src/cli/main.ts')

test('compiled code is kept in the cache folder of the user, and nowhere where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-compiled-'))
  try {
    validate(folder, { XDG_CACHE_HOME: 'relative', HOME: '' })
    expect(await readdir(folder)).toEqual([])
    validate(folder, { XDG_CACHE_HOME: folder })
    expect(await readdir(join(folder, 'sluice'))).toEqual(['compiled'])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

function validate(cwd: string, env: Record<string, string>): void {
  const { status } = spawnSync(process.execPath, [main, 'validate', '--file', 'none.yml'], { cwd, env })
  expect(status).toBe(2)
}
