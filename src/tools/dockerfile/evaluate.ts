import { posix } from 'node:path'
import { type Problem, usageError } from '../../domain/error.ts'
import { nearestName } from '../../domain/nearest.ts'
import type { CommandForm, Dockerfile, Stage } from './instruction.ts'
import { stageIndex, type Transfer, transfersOf } from './transfers.ts'
import { ExpansionProblem, expand, type Variables } from './words.ts'

/** One stage with everything it takes over from the stage it builds on. */
export interface StageResult {
  readonly index: number
  /** Reference of the image under it, `scratch` included. */
  readonly base: string
  /** The stages it needs, itself last. */
  readonly needs: readonly number[]
  readonly env: Variables
  readonly workdir: string
  readonly cmd: CommandForm | undefined
  readonly entrypoint: CommandForm | undefined
  readonly user: string | undefined
  readonly labels: Variables
  readonly ports: readonly string[]
  readonly volumes: readonly string[]
  readonly stopSignal: string | undefined
  readonly transfers: readonly Transfer[]
  /** Lines of RUN. */
  readonly runs: readonly number[]
  readonly onbuild: boolean
}

/** Docker's own PATH for images that set none (moby/buildkit util/system, `DefaultPathEnvUnix`). */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface BuildOptions {
  readonly args: Variables
  readonly target?: string
  /** `linux/amd64`. */
  readonly platform: string
}

/**
 * Every stage up to the target, in order; the target is the last.
 * @throws SluiceError usage for an unknown target or a variable that cannot be put in, as file:line.
 */
export function evaluateStages(dockerfile: Dockerfile, options: BuildOptions): readonly StageResult[] {
  const global = globalVariables(dockerfile, options)
  const target = targetIndex(dockerfile, options.target)
  const results: StageResult[] = []
  for (const [index, stage] of dockerfile.stages.slice(0, target + 1).entries()) {
    results.push(evaluateStage(dockerfile, stage, index, global, options, results))
  }
  return results
}

/** The stage that an image is made of. */
export function finalStage(stages: readonly StageResult[]): StageResult {
  const last = stages.at(-1)
  if (last === undefined) throw new TypeError('a Dockerfile has at least one stage')
  return last
}

function targetIndex(dockerfile: Dockerfile, target: string | undefined): number {
  if (target === undefined) return dockerfile.stages.length - 1
  const found = stageIndex(dockerfile, target, dockerfile.stages.length)
  if (found !== undefined) return found
  const names = dockerfile.stages.map(({ from }) => from.name).filter((name) => name !== undefined)
  const near = nearestName(target, names)
  throw usageError({
    what: `${dockerfile.file} has no stage ${target}`,
    rule: names.length === 0 ? 'its stages have no names' : `its stages are ${names.join(', ')}`,
    ...(near === undefined ? {} : { remedy: `did you mean ${near}?` }),
  })
}

function globalVariables(dockerfile: Dockerfile, { args, platform }: BuildOptions): Record<string, string> {
  const [os = 'linux', arch = 'amd64', variant = ''] = platform.split('/')
  const scope: Record<string, string> = {}
  for (const side of ['TARGET', 'BUILD']) {
    Object.assign(scope, {
      [`${side}PLATFORM`]: platform,
      [`${side}OS`]: os,
      [`${side}ARCH`]: arch,
      [`${side}VARIANT`]: variant,
    })
  }
  for (const { line, pairs } of dockerfile.args) {
    for (const { name, value } of pairs) {
      const given = args[name] ?? (value === undefined ? undefined : put(dockerfile, line, value, scope))
      if (given !== undefined) scope[name] = given
    }
  }
  return scope
}

/** One word with its variables, or the problem with file:line. */
function put(dockerfile: Dockerfile, line: number, word: string, variables: Variables): string {
  try {
    return expand(word, variables, dockerfile.escape)
  } catch (error) {
    if (!(error instanceof ExpansionProblem)) throw error
    const problem: Problem = { what: error.message, at: `${dockerfile.file}:${line}` }
    throw usageError(problem, error)
  }
}

type Draft = { -readonly [K in keyof StageResult]: StageResult[K] }

function evaluateStage(
  dockerfile: Dockerfile,
  stage: Stage,
  index: number,
  global: Variables,
  options: BuildOptions,
  earlier: readonly StageResult[],
): StageResult {
  const base = put(dockerfile, stage.from.line, stage.from.image, global)
  const parentIndex = stageIndex(dockerfile, base, index)
  const parent = parentIndex === undefined ? undefined : earlier[parentIndex]
  const result: Draft = {
    ...(parent ?? emptyStage(base)),
    index,
    needs: parent?.needs ?? [],
  }
  const declared: Record<string, string> = {}
  let cmdIsOwn = false

  for (const instruction of stage.instructions) {
    // ENV wins over ARG, whatever the order.
    const scope = { PATH: DEFAULT_PATH, ...declared, ...result.env }
    const word = (text: string): string => put(dockerfile, instruction.line, text, scope)
    switch (instruction.kind) {
      case 'arg':
        for (const { name, value } of instruction.pairs) {
          const given = options.args[name] ?? (value === undefined ? global[name] : word(value))
          if (given !== undefined) declared[name] = given
        }
        break
      case 'env':
        result.env = { ...result.env, ...expandPairs(instruction.pairs, word) }
        break
      case 'label':
        result.labels = { ...result.labels, ...expandPairs(instruction.pairs, word) }
        break
      case 'workdir':
        result.workdir = posix.resolve(result.workdir, word(instruction.words[0] ?? '/'))
        break
      case 'cmd':
        result.cmd = instruction.command
        cmdIsOwn = true
        break
      case 'entrypoint':
        result.entrypoint = instruction.command
        // A CMD that came from below was written for another entry point.
        if (!cmdIsOwn) result.cmd = undefined
        break
      case 'user':
        result.user = word(instruction.words[0] ?? '')
        break
      case 'expose':
        result.ports = [...result.ports, ...instruction.words.flatMap((text) => word(text).split(/\s+/))]
        break
      case 'volume':
        result.volumes = [...result.volumes, ...instruction.words.map(word)]
        break
      case 'stopsignal':
        result.stopSignal = word(instruction.words[0] ?? '')
        break
      case 'copy':
      case 'add':
      case 'run': {
        const transfers = transfersOf(dockerfile, instruction, index, result.workdir, word)
        result.transfers = [...result.transfers, ...transfers]
        if (instruction.kind === 'run') result.runs = [...result.runs, instruction.line]
        break
      }
      case 'onbuild':
        result.onbuild = true
        break
      case 'shell':
      case 'healthcheck':
      case 'maintainer':
        break
      default:
        instruction satisfies never
    }
  }
  const used = result.transfers.flatMap(({ origin }) => (origin.kind === 'stage' ? [origin.stage] : []))
  const below = used.flatMap((other) => earlier[other]?.needs ?? [])
  result.needs = [...new Set([...result.needs, ...below, index])].sort((a, b) => a - b)
  return result
}

function emptyStage(base: string): StageResult {
  return {
    index: 0,
    base,
    needs: [],
    env: {},
    workdir: '/',
    cmd: undefined,
    entrypoint: undefined,
    user: undefined,
    labels: {},
    ports: [],
    volumes: [],
    stopSignal: undefined,
    transfers: [],
    runs: [],
    onbuild: false,
  }
}

function expandPairs(
  pairs: readonly { readonly name: string; readonly value: string | undefined }[],
  word: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name, value }) => [word(name), word(value ?? '')]))
}
