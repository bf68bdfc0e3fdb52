import type { Digest } from '../../domain/digest.ts'
import { type Problem, usageError } from '../../domain/error.ts'
import type { StageResult } from '../../tools/dockerfile/evaluate.ts'
import type { Dockerfile } from '../../tools/dockerfile/instruction.ts'
import { stageIndex } from '../../tools/dockerfile/transfers.ts'

/** Images by reference as the Dockerfile names them, variables put in. */
export type Bases = Readonly<Record<string, Digest>>

/**
 * The Dockerfile with digests behind its images, so that no engine asks for a tag a second time (promise R27). Only the
 * words of FROM, `--from=` and `from=` change; every line stays where it is.
 *
 * @throws SluiceError usage where such a word cannot be found on its line, as file:line.
 */
export function pinDockerfile(
  text: string,
  dockerfile: Dockerfile,
  stages: readonly StageResult[],
  bases: Bases,
): string {
  const lines = text.split('\n')
  const problems: Problem[] = []
  const put = (
    line: number,
    last: number,
    name: string,
    pattern: (word: string) => RegExp,
    word: string,
  ): void => {
    const digest = bases[name]
    if (digest === undefined || name.includes('@')) return
    for (let at = line - 1; at < last; at++) {
      const old = lines[at] ?? ''
      if (!pattern(word).test(old)) continue
      lines[at] = old.replace(pattern(word), (_, before: string) => `${before}${name}@${digest}`)
      return
    }
    problems.push({
      what: `${name} was not found`,
      rule: 'an image is named in one word, on the line of its FROM',
      at: `${dockerfile.file}:${line}`,
    })
  }
  // A stage repeats the transfers of the stage that it builds on.
  const told = new Set<string>()
  for (const stage of stages) {
    const from = dockerfile.stages[stage.index]?.from
    if (from !== undefined && !buildsOnStage(dockerfile, stages, stage)) {
      put(from.line, from.line, stage.base, fromWord, from.image)
    }
    for (const { line, origin } of stage.transfers) {
      if (origin.kind !== 'image' || told.has(`${line} ${origin.reference}`)) continue
      told.add(`${line} ${origin.reference}`)
      put(line, lines.length, origin.reference, mountWord, origin.reference)
    }
  }
  const [first, ...others] = problems
  if (first !== undefined) throw usageError([first, ...others])
  return lines.join('\n')
}

/** FROM names another stage, by name or by a variable that holds one. */
function buildsOnStage(dockerfile: Dockerfile, stages: readonly StageResult[], stage: StageResult): boolean {
  const { index, needs, transfers } = stage
  const image = dockerfile.stages[index]?.from.image ?? ''
  if (stageIndex(dockerfile, image, index) !== undefined) return true
  const copied = transfers.flatMap(({ origin }) => (origin.kind === 'stage' ? [origin.stage] : []))
  const below = new Set(copied.flatMap((other) => stages.find((one) => one.index === other)?.needs ?? []))
  return needs.some((other) => other !== index && !below.has(other))
}

const fromWord = (word: string): RegExp =>
  new RegExp(`^(\\s*FROM\\s+(?:--\\S+\\s+)*)["']?${escaped(word)}["']?(?=\\s|$)`, 'i')
const mountWord = (word: string): RegExp =>
  new RegExp(`(\\bfrom=)["']?${escaped(word)}["']?(?=[\\s,]|$)`, 'g')

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
