// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const INVISIBLE = /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** More than this of a foreign name tells nobody anything. */
const LONGEST = 400

/**
 * Foreign text (names of models, metrics, slices, resources) as plain text of Markdown: it cannot end a table cell, start a link, an
 * image, HTML or a code span, mention a person or an issue, or reorder what is read (promise R6).
 */
export function markdownText(text: string): string {
  return visible(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*[\]#|~!]|(?<!\w)_|_(?!\w)/g, (char) => `&#${char.charCodeAt(0)};`)
    .replace(/@/g, '@\u2060')
    .replace(/:\/\//g, ':&#47;&#47;')
    .replace(/www\./gi, 'www&#46;')
}

/**
 * A foreign name (address, attribute) in the type of code. By the element, not by backticks: it holds in tables, lists and
 * quotations alike, whatever the name is.
 */
export function codeSpan(text: string): string {
  return `<code>${markdownText(text)}</code>`
}

/** Foreign text as text or attribute of HTML. */
export function htmlText(text: string): string {
  return visible(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;')
}

/** Without control and bidirectional characters, and not without end. */
export function visible(text: string): string {
  const clean = text.replace(INVISIBLE, '\ufffd')
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean
}
