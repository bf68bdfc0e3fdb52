import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The licences of the packages that are in a bundle: name, version, licence and its text, sorted by name.
 *
 * @param inputs paths of bundled sources, relative to `root`
 */
export function notices(root: string, inputs: readonly string[]): string {
  const folders = [...new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined))].sort()
  const parts = folders.map((folder) => notice(root, folder))
  return `Sluice contains these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

/** `node_modules/a/node_modules/@b/c/x.js` -> `node_modules/a/node_modules/@b/c` */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
}

function notice(root: string, folder: string): string {
  const path = join(root, folder)
  const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as {
    name: string
    version: string
    license?: string
  }
  if (manifest.license === undefined) throw new Error(`${manifest.name} names no licence`)
  const file = readdirSync(path)
    .filter((name) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(name))
    .sort()[0]
  const read = (name: string): string => readFileSync(join(path, name), 'utf8').replaceAll('\r\n', '\n')
  const notice = existsSync(join(path, 'NOTICE')) ? read('NOTICE') : ''
  const text = file === undefined ? '' : read(file)
  return `${manifest.name} ${manifest.version} (${manifest.license})\n\n${text.trimEnd()}\n${notice}`
}
