import fastWidth from 'fast-string-width'
import { eastAsianWidth } from 'get-east-asian-width'

/** Printable ASCII: one cell each. */
const PLAIN = /^[ -~]*$/
/** A mark with room of its own, as in Indic scripts and musical notes. */
const SPACING_MARK = /^\p{Mc}$/u

/**
 * How many cells of a terminal a text takes. Clusters (emoji, flags, accents) are fast-string-width's to know; characters
 * that became wide after its tables were made are counted by Unicode's East Asian Width (UAX #11).
 */
export function cells(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = fastWidth(text)
  for (const character of text) {
    const one = fastWidth(character)
    if (one > 0) width += Math.max(0, eastAsianWidth(character.codePointAt(0) ?? 0) - one)
    else if (SPACING_MARK.test(character)) width += 1
  }
  return width
}
