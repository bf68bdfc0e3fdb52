/**
 * Hashing everything below a folder, as a process of its own: `hash.ts one FOLDER` is one SHA-256 over all files in this
 * process, the least that can be done; `hash.ts workflow FOLDER` is the `hashFiles('**')` of GitHub's workflows, by their
 * own package.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

const [way = '', folder = ''] = process.argv.slice(2)

function one(): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name)
    if (statSync(path).isFile()) hash.update(name).update(readFileSync(path))
  }
  return hash.digest('hex')
}

async function workflow(): Promise<string> {
  const { hashFiles } = await import('@actions/glob')
  return hashFiles(`${folder}/**`, folder)
}

process.stdout.write(`${way === 'one' ? one() : await workflow()}\n`)
