import { type Problem, usageError } from '../domain/error.ts'
import { type Preview, previewName } from '../domain/system/preview.ts'
import type { Cloud, System } from '../domain/system/system.ts'
import type { Files } from '../runtime/runtime.ts'
import { notCarried } from './carries.ts'
import { checkEnvironment, checkMeaning } from './check/index.ts'
import { tooManyEnvironments } from './check/names.ts'
import { checkRenamed } from './check/renamed.ts'
import { subjectOf } from './check/subject.ts'
import { type Document, show } from './document.ts'
import { hint, knownNames } from './hint.ts'
import { longestPreview, previewAsked, previewed, withPreview } from './preview.ts'
import type { Config } from './schema/config.ts'
import { applySet } from './set.ts'
import { checkShape } from './shape.ts'
import { parseSource } from './source.ts'
import { displayName, readText } from './text.ts'

export interface LoadedSystem {
  readonly system: System
  /** The file with this environment's `set:` applied. */
  readonly document: Document
}

/** One environment of a file in which nothing is wrong. */
export interface LoadedEnvironment extends LoadedSystem {
  readonly name: string
  readonly cloud: Cloud
  /** What its cloud cannot run yet: the environment does not open, the file is fine. */
  readonly notCarried: readonly Problem[]
}

export interface LoadedDocument {
  readonly file: string
  readonly environments: readonly LoadedEnvironment[]
}

/**
 * Reads and checks the whole file, all of its environments included.
 *
 * @param asked a name that may be of a preview: it is one of the environments then
 * @throws SluiceError usage with every problem, sorted by position.
 */
export async function loadDocument(
  files: Files,
  absoluteFile: string,
  cwd: string,
  asked = '',
): Promise<LoadedDocument> {
  const file = displayName(absoluteFile, cwd)
  const text = await readText(files, absoluteFile, file)
  const source = await parseSource(text, file)
  if (source.document === undefined) throw refusal(source.problems)
  const { views, problems } = checkDocument(source.document, asked)
  // What is no value at all breaks the schema at the same place; it is told once.
  const told = new Set(source.problems.map(({ at }) => at))
  const all = [...source.problems, ...problems.filter(({ at }) => !told.has(at))]
  if (all.length > 0) throw refusal(all)
  // Only a good file needs this; a bad one is told sooner without it.
  const { resolveSystem } = await import('./resolve.ts')
  const environments = views.map(({ name, document, config, preview }) => {
    const system = resolveSystem(config, name, preview)
    const { cloud } = system.environment
    return { name, cloud, system, document, notCarried: notCarried(system, document) }
  })
  return { file, environments }
}

/**
 * One environment of the system.
 *
 * @throws SluiceError usage: every problem of the file, an unknown environment, or what its cloud cannot run yet.
 */
export async function loadSystem(
  files: Files,
  absoluteFile: string,
  environment: string,
  cwd: string,
): Promise<LoadedSystem> {
  const { file, environments } = await loadDocument(files, absoluteFile, cwd, environment)
  return selectEnvironment(file, environments, environment)
}

export function selectEnvironment(
  file: string,
  environments: readonly LoadedEnvironment[],
  name: string,
): LoadedEnvironment {
  const found = environments.find((candidate) => candidate.name === name)
  if (found === undefined) {
    const known = environments.map((candidate) => candidate.name)
    throw usageError({
      what: `${file} has no environment ${show(name)}${hint(name, known)}`,
      rule: knownNames('environments', known),
    })
  }
  if (found.notCarried.length > 0) throw refusal(found.notCarried)
  return found
}

const MANY = 100

interface View {
  readonly name: string
  readonly document: Document
  readonly config: Config
  readonly preview?: Preview
}

/** The file as it is written, and once for each environment with its `set:`; a problem is told once. */
function checkDocument(written: Document, asked: string): { views: View[]; problems: Problem[] } {
  const base = checkShape(written)
  const problems = [...base.problems, ...checkMeaning(base), ...checkRenamed(subjectOf(base))]
  const views: View[] = []
  // So much is wrong with the file itself that it costs more than it tells to look at it from each environment.
  if (problems.length > MANY || tooManyEnvironments(base)) return { views, problems }
  const look = (document: Document, name: string): View => {
    const applied = applySet(document, name)
    const isChanged = applied.document !== base.document
    const shaped = isChanged ? checkShape(applied.document) : base
    problems.push(...applied.problems, ...checkEnvironment(shaped, name))
    if (isChanged) problems.push(...shaped.problems, ...onlyIn(name, checkMeaning(shaped), problems))
    return { name, document: shaped.document, config: shaped.value as Config }
  }
  for (const name of Object.keys(base.value.environments ?? {})) views.push(look(base.document, name))
  for (const preview of previewsOf(base.document, asked)) {
    const name = previewName(preview)
    const { root } = applySet(base.document, preview.of).document
    const view = look(withPreview(base.document, root, preview, name), name)
    if (name === asked) views.push({ ...view, preview })
  }
  return { views, problems }
}

/** The one that is asked for; else one of each kind, so that what is wrong with them is known before there is one. */
function previewsOf(document: Document, asked: string): readonly Preview[] {
  const preview = previewAsked(document, asked)
  return preview === undefined ? previewed(document).map(longestPreview) : [preview]
}

/** What `set:` broke may stand far from it, in a part that every other environment finds in order. */
function onlyIn(environment: string, problems: readonly Problem[], known: readonly Problem[]): Problem[] {
  const told = new Set(known.map(keyOf))
  return problems
    .filter((problem) => !told.has(keyOf(problem)))
    .map((problem) => ({ ...problem, what: `${problem.what}, in environment ${environment}` }))
}

const keyOf = (problem: Problem): string => `${problem.at} ${problem.what}`

function refusal(problems: readonly Problem[]): Error {
  const once = new Map(problems.map((problem) => [keyOf(problem), problem]))
  const [first, ...others] = [...once.values()].sort((a, b) => order(a) - order(b))
  return usageError([first ?? { what: 'the configuration is refused' }, ...others])
}

/** Position as one number: lines are shorter than the longest file. */
function order(problem: Problem): number {
  const [, line = '0', column = '0'] = /:(\d+):(\d+)$/.exec(problem.at ?? '') ?? []
  return Number(line) * 1_000_000 + Number(column)
}
