import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface BadFile {
  /** `theme: title`. */
  readonly title: string
  readonly text: string
  /** Every line that `sluice validate` says of it, in order, without the file's name. */
  readonly expected: readonly string[]
}

const FOLDER = join(import.meta.dirname, 'bad')

/**
 * The corpus of refused files: `bad/<theme>.txt` holds many, each as
 *
 *     === title
 *     the file
 *     --- expected
 *     line:column: what was found (what is allowed)
 *
 * `{{head}}` stands for a good system and environment on two lines; \xHH and \uHHHH for characters that editors hide.
 */
export function badFiles(): BadFile[] {
  return readdirSync(FOLDER).flatMap((name) => {
    const theme = name.replace('.txt', '')
    const [, ...cases] = readFileSync(join(FOLDER, name), 'utf8').split(/^=== /m)
    return cases.map((block) => {
      const [source = '', expected = ''] = block.split(/^--- expected\n/m)
      const end = source.indexOf('\n')
      const text = source
        .slice(end + 1)
        .replace('{{head}}', 'system: s\nenvironments: { local: { cloud: local } }')
        .replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/g, (_, a?: string, b?: string) =>
          String.fromCharCode(Number.parseInt(a ?? b ?? '', 16)),
        )
      return {
        title: `${theme}: ${source.slice(0, end)}`,
        text,
        expected: expected.split('\n').filter((line) => line !== ''),
      }
    })
  })
}
