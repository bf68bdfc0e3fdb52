/**
 * `npm run schema` writes everything that is derived from the zod schemas: the JSON Schemas of `schema/` for editors and
 * other programs, and the compiled validator of sluice.yml. `--check` writes nothing and fails where a file is not fresh.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { derivedFiles } from './derive.ts'

const root = join(import.meta.dirname, '..')
const stale: string[] = []
for (const [path, text] of Object.entries(await derivedFiles())) {
  const file = join(root, path)
  const before = await readFile(file, 'utf8').catch(() => undefined)
  if (before === text) continue
  stale.push(path)
  if (process.argv.includes('--check')) continue
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}
const checking = process.argv.includes('--check')
for (const path of stale) console.log(checking ? `not fresh: ${path} (run npm run schema)` : `wrote ${path}`)
if (checking && stale.length > 0) process.exitCode = 1
