import { neutralText } from '../runtime/neutralise.ts'
import { quickFs } from '../runtime/node/quick-fs.ts'

/** What the runner is told, one word a kind: https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
export type Annotation = 'debug' | 'notice' | 'warning' | 'error'

export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The text of an annotation command; what it says is neutralised and escaped, so it stays one command. */
export function annotation(kind: Annotation, text: string, at?: Place): string {
  const place =
    at === undefined ? '' : ` file=${escapeProperty(neutralText(at.file))},line=${at.line},col=${at.column}`
  return `::${kind}${place}::${escapeData(neutralText(text))}\n`
}

/** Tells the runner to hide this value in everything that it logs; a value of several lines line by line. */
export function maskCommands(value: string): string {
  const lines = value.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '')
  return lines.map((line) => `::add-mask::${escapeData(line)}\n`).join('')
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/**
 * Appends one key to a file through which a step speaks to later ones: GITHUB_OUTPUT or GITHUB_STATE, never GITHUB_ENV or
 * GITHUB_PATH (promise R3). Nothing happens where the runner gave no file.
 *
 * @param random fresh bytes: nobody who wrote the value can have guessed the delimiter
 */
export function writeKey(
  file: string | undefined,
  key: string,
  value: string,
  random: (count: number) => Uint8Array,
): void {
  if (file === undefined || file === '') return
  quickFs.appendFileSync(file, keyText(key, value, random))
}

/** `key<<delimiter`, the value, `delimiter`: https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings */
export function keyText(key: string, value: string, random: (count: number) => Uint8Array): string {
  if (!/^[a-z][a-z0-9_-]*$/i.test(key))
    throw new Error(`${JSON.stringify(key)} cannot be the name of an output`)
  let delimiter: string
  do delimiter = `sluice_${Buffer.from(random(16)).toString('hex')}`
  while (value.includes(delimiter))
  return `${key}<<${delimiter}\n${value}\n${delimiter}\n`
}
