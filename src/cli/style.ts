import type { styleText } from 'node:util'
import type { Tone } from '../runtime/lines.ts'

const FORMATS = {
  plain: [],
  debug: ['dim'],
  notice: ['bold'],
  warning: ['yellow'],
  success: ['green'],
  failure: ['red'],
  muted: ['dim'],
  heading: ['bold'],
} as const satisfies Record<Tone, readonly Parameters<typeof styleText>[0][]>

export type Style = (tone: Tone, text: string) => string

export const plainStyle: Style = (_, text) => text

export const colourStyle: Style = (tone, text) => {
  const { styleText } = process.getBuiltinModule('node:util')
  return FORMATS[tone].reduce((styled, format) => styleText(format, styled, { validateStream: false }), text)
}

/** Whether to colour: https://no-color.org, https://force-color.org, then whether somebody is looking. */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
  refused: boolean,
): boolean {
  if (refused || (env['NO_COLOR'] ?? '') !== '') return false
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0'
  return isTerminal && env['TERM'] !== 'dumb'
}
