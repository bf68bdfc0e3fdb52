import { type Problem, usageError } from '../../domain/error.ts'
import { nearestName } from '../../domain/nearest.ts'
import {
  type CommandForm,
  type Dockerfile,
  type Escape,
  type Flag,
  type FromInstruction,
  type Instruction,
  KEYWORDS,
  type PairsInstruction,
  type Stage,
} from './instruction.ts'
import { type LogicalLine, logicalLines, physicalLines, readDirectives } from './lines.ts'
import { execForm, splitWords } from './words.ts'

/**
 * Reads a Dockerfile.
 * @param file the path for messages, as the user knows it.
 * @throws SluiceError usage, with every problem at once as file:line.
 */
export function parseDockerfile(text: string, file: string): Dockerfile {
  const lines = physicalLines(text)
  const directives = readDirectives(lines)
  const problems: Problem[] = directives.problems.map(({ line, what }) => ({ what, at: `${file}:${line}` }))
  const args: PairsInstruction[] = []
  const stages: { from: FromInstruction; instructions: Stage['instructions'][number][] }[] = []

  for (const line of logicalLines(lines, directives.escape)) {
    const at = `${file}:${line.line}`
    const wrong = (what: string, remedy?: string): undefined => {
      problems.push({ what, at, ...(remedy === undefined ? {} : { remedy }) })
    }
    if (line.unterminated !== undefined) wrong(`the here-document ${line.unterminated} never ends`)
    const instruction = instructionOf(line, directives.escape, wrong)
    if (instruction === undefined) continue
    const stage = stages.at(-1)
    if (instruction.kind === 'from') stages.push({ from: instruction, instructions: [] })
    else if (stage !== undefined) stage.instructions.push(instruction)
    else if (instruction.kind === 'arg') args.push(instruction as PairsInstruction)
    else wrong(`${instruction.kind.toUpperCase()} stands before the first FROM`, 'only ARG may')
  }
  const [first, ...others] = stages
  if (first === undefined && problems.length === 0) {
    problems.push({ what: 'there is no FROM', rule: 'a Dockerfile has at least one stage', at: `${file}:1` })
  }
  const [problem, ...further] = problems
  if (problem !== undefined || first === undefined) {
    throw usageError(problem === undefined ? { what: 'there is no FROM', at: file } : [problem, ...further])
  }
  return { file, syntax: directives.syntax, escape: directives.escape, args, stages: [first, ...others] }
}

type Wrong = (what: string, remedy?: string) => undefined

function instructionOf(line: LogicalLine, mark: Escape, wrong: Wrong): Instruction | undefined {
  const kind = KEYWORDS.find((keyword) => keyword === line.keyword)
  if (kind === undefined) {
    const near = nearestName(line.keyword, KEYWORDS)
    return wrong(
      `${line.keyword.toUpperCase()} is not an instruction`,
      near === undefined ? undefined : `did you mean ${near.toUpperCase()}?`,
    )
  }
  if (line.rest === '') return wrong(`${kind.toUpperCase()} says nothing`)
  const { flags, rest } = takeFlags(line.rest)
  const common = { line: line.line, flags }
  switch (kind) {
    case 'from': {
      const [image, as, name, ...more] = splitWords(rest, mark)
      const named = as !== undefined && as.toLowerCase() === 'as' && name !== undefined
      if (image === undefined || more.length > 0 || (as !== undefined && !named))
        return wrong(`FROM ${rest} is not "FROM image [AS name]"`)
      return { ...common, kind, image, name: name?.toLowerCase() }
    }
    case 'arg':
    case 'env':
    case 'label': {
      const pairs = pairsOf(kind, line.rest, mark)
      const bad = pairs.find(({ name, value }) => name === '' || (value === undefined && kind !== 'arg'))
      if (bad !== undefined) return wrong(`${kind.toUpperCase()} ${line.rest} is not NAME=value`)
      return { line: line.line, flags: [], kind, pairs }
    }
    case 'copy':
    case 'add': {
      const words = execForm(rest) ?? splitWords(rest, mark)
      const destination = words.at(-1)
      if (words.length < 2 || destination === undefined)
        return wrong(`${kind.toUpperCase()} ${rest} names no destination`, 'write source, then destination')
      const sources = words.slice(0, -1).filter((word) => !/^\d*<</.test(word))
      return { ...common, kind, sources, destination, heredocs: line.heredocs }
    }
    case 'run':
    case 'cmd':
    case 'entrypoint':
      return { ...common, kind, command: commandOf(rest) }
    case 'shell': {
      const argv = execForm(rest)
      if (argv === undefined) return wrong(`SHELL ${rest} is not a JSON array`, 'SHELL ["/bin/bash", "-c"]')
      return { ...common, kind, command: { form: 'exec', argv } }
    }
    case 'healthcheck': {
      if (/^none$/i.test(rest)) return { ...common, kind, command: undefined }
      const match = /^cmd\s+([\s\S]+)$/i.exec(rest)
      if (match === null) return wrong(`HEALTHCHECK ${rest} is neither CMD nor NONE`)
      return { ...common, kind, command: commandOf(match[1] ?? '') }
    }
    case 'onbuild':
      return { ...common, kind, text: line.rest }
    case 'workdir':
      return { ...common, kind, words: [rest] }
    case 'user':
    case 'stopsignal':
    case 'expose':
    case 'volume':
    case 'maintainer':
      return { ...common, kind, words: execForm(rest) ?? splitWords(rest, mark) }
    default:
      return kind satisfies never
  }
}

function commandOf(text: string): CommandForm {
  const argv = execForm(text)
  return argv === undefined ? { form: 'shell', text } : { form: 'exec', argv }
}

/** `--name` and `--name=value` in front of everything else. */
function takeFlags(text: string): { flags: Flag[]; rest: string } {
  const flags: Flag[] = []
  let rest = text
  for (;;) {
    const match = /^--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|$)/.exec(rest)
    if (match === null) return { flags, rest }
    flags.push({ name: match[1] ?? '', value: match[2] })
    rest = rest.slice(match[0].length)
  }
}

/** `ENV name value with spaces` is the old form; it is told by a first word without `=`. */
function pairsOf(kind: 'arg' | 'env' | 'label', text: string, mark: Escape): PairsInstruction['pairs'] {
  const words = splitWords(text, mark)
  const first = words[0] ?? ''
  if (kind !== 'arg' && !first.includes('=')) {
    const value = text.slice(first.length).trim()
    return [{ name: first, value: value === '' ? undefined : value }]
  }
  return words.map((word) => {
    const equals = word.indexOf('=')
    return equals < 0
      ? { name: word, value: undefined }
      : { name: word.slice(0, equals), value: word.slice(equals + 1) }
  })
}
