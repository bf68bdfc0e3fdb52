import { posix } from 'node:path'
import { type Problem, usageError } from '../../domain/error.ts'
import type { StageResult } from '../dockerfile/evaluate.ts'
import { patternRegexp } from './ignore.ts'
import { secretRuleOfPath } from './secret-files.ts'

/** One source of COPY, ADD or a bind mount: what it can see of the context, and everything below. */
export interface Source {
  /** Place for messages: `apps/api/Dockerfile:7`. */
  readonly at: string
  /** As written, after variables. */
  readonly text: string
  /** Path relative to the context; empty for the whole. May hold the wildcards of Go's filepath.Match. */
  readonly pattern: string
  readonly segments: readonly (string | RegExp)[]
}

/** What an entry of the context is to a source: seen, on the way to something that may be seen, or neither. */
export type Reach = 'seen' | 'above' | 'no'

export function isLiteral(source: Source): boolean {
  return source.segments.every((segment) => typeof segment === 'string')
}

export function sourceOf(text: string, at: string): Source {
  const pattern = posix.normalize(`/${text}`).replace(/^\/|\/$/g, '')
  const parts = pattern === '' ? [] : pattern.split('/')
  // `COPY --parents a/**/b` looks into every folder below a; all of it counts as seen.
  const deep = parts.indexOf('**')
  const segments = deep < 0 ? parts : parts.slice(0, deep)
  return {
    at,
    text,
    pattern,
    segments: segments.map((segment) => (/[*?[\\]/.test(segment) ? patternRegexp(segment) : segment)),
  }
}

/**
 * Everything that the stages needed for the target take from the context. ONBUILD hides what a later stage takes, so it
 * opens the whole context.
 *
 * @throws SluiceError usage for sources above the context and for secret files that are named (promise R46).
 */
export function contextSources(stages: readonly StageResult[], file: string): readonly Source[] {
  const target = stages.at(-1)
  const needed = stages.filter(({ index }) => target?.needs.includes(index))
  if (needed.some(({ onbuild }) => onbuild)) return [sourceOf('/', file)]
  const problems: Problem[] = []
  const sources = new Map<string, Source>()
  for (const { transfers } of needed) {
    for (const { origin, sources: texts, line, kind } of transfers) {
      if (origin.kind !== 'context') continue
      for (const text of texts) {
        if (kind === 'add' && isRemote(text)) continue
        const at = `${file}:${line}`
        const problem = problemOf(text, at)
        if (problem !== undefined) problems.push(problem)
        else sources.set(`${line} ${text}`, sourceOf(text, at))
      }
    }
  }
  const [first, ...others] = problems
  if (first !== undefined) throw usageError([first, ...others])
  return [...sources.values()]
}

function problemOf(text: string, at: string): Problem | undefined {
  if (posix.normalize(text).split('/')[0] === '..') {
    return { what: `${text} lies above the build context`, rule: 'COPY and ADD see the context only', at }
  }
  try {
    const source = sourceOf(text, at)
    const rule = isLiteral(source) ? secretRuleOfPath(source.pattern) : undefined
    return rule === undefined ? undefined : secretProblem(text, rule, at)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { what: `${text} is not a pattern`, rule: 'a [ needs its ]', at }
  }
}

export function secretProblem(text: string, rule: string, at: string): Problem {
  return {
    what: `the secret file ${text} is named`,
    rule: `${rule} never enters an image`,
    remedy: 'pass the value as a secret of the service, or as a build secret (RUN --mount=type=secret)',
    at,
  }
}

/** ADD fetches these from elsewhere; nothing of the context is seen. */
export function isRemote(text: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@/.test(text)
}

export function reach(sources: readonly Source[], path: string): Reach {
  const parts = path.split('/')
  let above = false
  for (const { segments } of sources) {
    const common = Math.min(segments.length, parts.length)
    let fits = true
    for (let i = 0; fits && i < common; i++) {
      const segment = segments[i]
      const part = parts[i] ?? ''
      fits = typeof segment === 'string' ? segment === part : segment?.test(part) === true
    }
    if (!fits) continue
    if (parts.length >= segments.length) return 'seen'
    above = true
  }
  return above ? 'above' : 'no'
}
