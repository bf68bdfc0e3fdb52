/**
 * How a runner reads commands out of a step's output, after actions/runner: src/Runner.Common/ActionCommand.cs (TryParseV2
 * trims white space and wants `::` first; TryParse finds `##[` anywhere) and .NET's StreamReader.ReadLine (a line ends at LF,
 * CR or CRLF). More is trimmed here than .NET does, so that the doubt falls on our side.
 */
export interface RunnerCommand {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

export function runnerCommands(output: string): RunnerCommand[] {
  return output
    .split(/\r\n|\r|\n/)
    .map((line) => commandOf(line) ?? commandOf(line.replace(UNSEEN, '')))
    .filter((command) => command !== undefined)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a log view drops
const ESCAPE = /\x1b\[[0-9;]*[A-Za-z]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: more than .NET trims
const BLANK = /^[\s\x00-\x20\x85\u180e\u200b\ufeff]+/

/** .NET compares text by the rules of a language where it is not told otherwise, and those pass over these. */
const UNSEEN = /[\p{DI}\p{Cf}]/gu

function commandOf(line: string): RunnerCommand | undefined {
  return modern(line) ?? legacy(line)
}

function modern(line: string): RunnerCommand | undefined {
  const text = line.replace(ESCAPE, '').replace(BLANK, '')
  const found = /^::(?<name>[^\s:]*)(?:\s+(?<properties>.*?))?::(?<data>.*)$/s.exec(text)?.groups
  if (found === undefined) return undefined
  return {
    name: found['name'] ?? '',
    properties: Object.fromEntries(
      (found['properties'] ?? '')
        .split(',')
        .filter((part) => part.includes('='))
        .map((part) => {
          const [key = '', ...value] = part.split('=')
          return [key.trim(), unescaped(value.join('=')).replaceAll('%3A', ':').replaceAll('%2C', ',')]
        }),
    ),
    data: unescaped(found['data'] ?? ''),
  }
}

function legacy(line: string): RunnerCommand | undefined {
  const found = /##\[(?<name>[^\]]*)\]?(?<data>.*)$/s.exec(line)?.groups
  return found === undefined
    ? undefined
    : { name: found['name'] ?? '', properties: {}, data: found['data'] ?? '' }
}

function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

/** How a runner reads a file command: `key=value` lines and `key<<delimiter` blocks (FileCommandManager.cs). */
export function runnerFile(text: string): { key: string; value: string }[] {
  const lines = text.split('\n')
  const found: { key: string; value: string }[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (equals !== -1 && (heredoc === -1 || equals < heredoc)) {
      found.push({ key: line.slice(0, equals), value: line.slice(equals + 1) })
    } else if (heredoc !== -1) {
      const delimiter = line.slice(heredoc + 2)
      const end = lines.indexOf(delimiter, i + 1)
      if (end === -1) throw new Error(`no end of ${delimiter}`)
      found.push({ key: line.slice(0, heredoc), value: lines.slice(i + 1, end).join('\n') })
      i = end
    } else throw new Error(`invalid line ${line}`)
  }
  return found
}
