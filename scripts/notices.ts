import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The licences of the packages that are in a bundle: name, version, licence and copyright of each, above the text of the licence,
 * which stands once for all packages that have the same words.
 *
 * @param inputs paths of bundled sources, relative to `root`
 */
export function notices(root: string, inputs: readonly string[]): string {
  const folders = [...new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined))].sort()
  const byWords = new Map<string, { text: string; heads: Set<string> }>()
  for (const folder of folders) {
    const { head, text } = notice(root, folder)
    const words = text.replace(/\s+/g, ' ')
    const same = byWords.get(words) ?? { text, heads: new Set() }
    same.heads.add(head)
    byWords.set(words, same)
  }
  const parts = [...byWords.values()].map(({ text, heads }) => `${[...heads].join('\n')}\n\n${text}\n`)
  return `Sluice contains these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

/** `node_modules/a/node_modules/@b/c/x.js` -> `node_modules/a/node_modules/@b/c` */
function packageFolder(input: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
}

function notice(root: string, folder: string): { head: string; text: string } {
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
  const lines = [file, existsSync(join(path, 'NOTICE')) ? 'NOTICE' : undefined].flatMap((name) =>
    name === undefined ? [] : read(name).split('\n'),
  )
  const isCopyright = (line: string): boolean => /^\W*copyright (\(c\)|©|\d{4})/i.test(line)
  const copyrights = lines.filter(isCopyright).map((line) => `  ${line.trim()}`)
  return {
    head: [`${manifest.name} ${manifest.version} (${manifest.license})`, ...copyrights].join('\n'),
    text: lines
      .filter((line) => !isCopyright(line))
      .join('\n')
      .trim(),
  }
}
