/**
 * Text that others wrote (tools, jobs, services, users) made harmless before it is shown (promise R4).
 *
 * The runner reads workflow commands out of every line of a step's output: `::name::` after leading white space, and the
 * old `##[name]` anywhere in a line. .NET ends a line at LF, CR or CRLF. Source: actions/runner,
 * src/Runner.Common/ActionCommand.cs and src/Runner.Worker/Handlers/OutputManager.cs. A terminal obeys escape sequences, and
 * bidirectional marks reorder what a person reads.
 */

/** CSI, then OSC, DCS, SOS, PM and APC up to their terminator or the end of the line, then two-character escapes. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]/g

const BIDIRECTIONAL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * A comparison by the rules of a language passes over characters that have no width and no look (UTS 10, section 1.3), so
 * they may stand before and between the characters of a command.
 */
const OLD_COMMAND = /#([\p{DI}\p{Cf}]*)#([\p{DI}\p{Cf}]*)\[/gu

/** What stands where a control character stood, so that nothing is hidden. */
const REPLACEMENT = '\ufffd'

/** Nothing but printable ASCII, TAB and LF, as most blocks of a log. All of it in one run is half as much work again than a search for the rest. */
const PLAIN = /^[\t\n -~]*$/

/** Commands at the beginning of any line of a text, once the controls are gone. */
const COMMANDS = /^([^\S\n\p{DI}\p{Cf}]*(?:[\p{DI}\p{Cf}][^\S\n\p{DI}\p{Cf}]*)*):([\p{DI}\p{Cf}]*):/gmu

/** The lines of foreign text, each harmless in a terminal and in a workflow's log. */
export function neutralLines(text: string): string[] {
  return neutralText(text).split('\n')
}

/** Foreign text as text of one or more lines. */
export function neutralText(text: string): string {
  const plain = neutralPlain(text)
  if (plain !== undefined) return plain
  return text
    .replace(ESCAPES, '')
    .replace(/\r\n?/g, '\n')
    .replace(CONTROLS, REPLACEMENT)
    .replace(BIDIRECTIONAL, REPLACEMENT)
    .replace(COMMANDS, '$1: $2:')
    .replace(OLD_COMMAND, '# $1#$2[')
}

/** The same for text of which nothing is odd, from which nothing is taken away; undefined for all other. */
export function neutralPlain(text: string): string | undefined {
  if (!PLAIN.test(text)) return undefined
  const commands = text.includes('::') ? withoutCommands(text) : text
  return commands.replaceAll('##[', '# #[')
}

/** Texts are replaced several times as fast as patterns, so the pattern is for indented lines alone. */
function withoutCommands(text: string): string {
  const lines = `\n${text}`.replaceAll('\n::', '\n: :')
  const indented = lines.includes('\n ') || lines.includes('\n\t')
  return (indented ? lines.replace(/\n([\t ]+)::/g, '\n$1: :') : lines).slice(1)
}

/**
 * JSON that is safe to print: the same value to every parser, but without a character sequence that a runner or a
 * terminal obeys.
 */
export function neutralJson(value: unknown): string {
  const escaped = (found: string): string =>
    [...found].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  return (JSON.stringify(value, undefined, 2) ?? 'null')
    .replace(/[\x7f-\x9f\u2028\u2029]/g, escaped)
    .replace(BIDIRECTIONAL, escaped)
    .replace(OLD_COMMAND, '#$1\\u0023$2[')
}
