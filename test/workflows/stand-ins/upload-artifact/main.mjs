// What actions/upload-artifact does with its inputs, into the folder SLUICE_TEST_ARTIFACTS: the root of an artifact is what its paths have in
// common, names with a dot on top stay out unless they are asked for, and the same name again replaces the first where it may.
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, matchesGlob, relative, resolve, sep } from 'node:path'

const input = (name) => process.env[`INPUT_${name.toUpperCase()}`] ?? ''
const lines = input('path')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '')
const wanted = lines.filter((line) => !line.startsWith('!')).map((line) => resolve(line))
const unwanted = lines.filter((line) => line.startsWith('!')).map((line) => resolve(line.slice(1)))
const filesOf = (path) =>
  !existsSync(path)
    ? []
    : statSync(path).isFile()
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((e) => e.isFile())
          .map((e) => join(e.parentPath, e.name))
const hidden = (path) =>
  relative(process.cwd(), path)
    .split(sep)
    .some((part) => part.startsWith('.'))
const files = wanted
  .flatMap(filesOf)
  .filter((file) => !unwanted.some((glob) => matchesGlob(file, glob)))
  .filter((file) => input('include-hidden-files') === 'true' || !hidden(file))
if (files.length === 0) {
  process.stdout.write('No files were found with the provided path\n')
  process.exit(input('if-no-files-found') === 'error' ? 1 : 0)
}
const [first] = wanted
const one = wanted.length === 1 ? (statSync(first).isFile() ? dirname(first) : first) : undefined
const root =
  one ??
  wanted
    .map((path) => path.split(sep))
    .reduce((a, b) => a.slice(0, a.findIndex((part, i) => part !== b[i]) >>> 0))
    .join(sep)
const store = process.env.SLUICE_TEST_ARTIFACTS
mkdirSync(store, { recursive: true })
const same = readdirSync(store).find((entry) => entry.endsWith(`=${input('name')}`))
if (/["<>|:*?\r\n\\/]/.test(input('name')))
  throw new Error(`${input('name')} cannot be the name of an artifact`)
if (same !== undefined && input('overwrite') !== 'true')
  throw new Error('409 Conflict: an artifact with this name already exists')
if (same !== undefined) rmSync(join(store, same), { recursive: true })
const id = String(1000 + readdirSync(store).length + (Math.floor(process.uptime() * 1e6) % 1e6))
for (const file of files) cpSync(file, join(store, `${id}=${input('name')}`, relative(root, file)))
appendFileSync(process.env.GITHUB_OUTPUT, `artifact-id=${id}\n`)
