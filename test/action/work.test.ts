import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cut } from '../../src/action/summary.ts'
import { placeOf, stayInside } from '../../src/action/work.ts'

let workspace: string
beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-workspace-'))
  mkdirSync(join(workspace, 'app'))
  writeFileSync(join(workspace, 'app/sluice.yml'), 'system: x\n')
  symlinkSync('/etc', join(workspace, 'away'))
  symlinkSync('app', join(workspace, 'within'))
  symlinkSync('/tmp/sluice-nobody-made-this', join(workspace, 'dangling'))
})
afterAll(() => rmSync(workspace, { recursive: true }))

test.each(['app/sluice.yml', 'within/sluice.yml', 'not/yet/there.html', '.', 'app/../app/sluice.yml'])(
  'R46 the path %j lies in the workspace',
  async (path) => {
    await expect(stayInside(workspace, workspace, path)).resolves.toBeUndefined()
  },
)

test.each([
  '../x',
  '/etc/passwd',
  'away/passwd',
  'away/not/yet',
  'app/../../x',
  'dangling',
  'dangling/not/yet',
])('R46 the path %j leaves the workspace, and is refused', async (path) => {
  await expect(stayInside(workspace, workspace, path)).rejects.toMatchObject({ outcome: 'usage' })
})

test('a place in a file is told to the runner relative to the workspace', () => {
  expect(placeOf('sluice.yml:14:9', '/w/app', '/w')).toEqual({ file: 'app/sluice.yml', line: 14, column: 9 })
  expect(placeOf('sluice.yml:14', '/w', '/w')).toEqual({ file: 'sluice.yml', line: 14, column: 1 })
  expect(placeOf(undefined, '/w', '/w')).toBeUndefined()
  expect(placeOf('the registry', '/w', '/w')).toBeUndefined()
})

test('a summary beyond what the runner takes is cut at a whole character, and says so', () => {
  const text = cut('é'.repeat(600 * 1024))
  expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
  expect(text).toMatch(/é\n\n\(cut: the summary is 1228800 bytes/)
})
