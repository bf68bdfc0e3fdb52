import { EXIT_CODES, type ExitCode, type Outcome } from './outcome.ts'

/** Whose an error is: it decides who should act, and what the message says. */
export type Whose = 'user' | 'service' | 'sluice'

export interface Problem {
  /** What went wrong, with the value: `port 8000 is taken by process 4711`. */
  readonly what: string
  /** The rule that was broken, where there is one: `a service listens on a free port`. */
  readonly rule?: string
  /** What to do next, as an instruction. */
  readonly remedy?: string
  /** Where it stands: `sluice.yml:14:9`. */
  readonly at?: string
}

/** Says that an error is one of ours: dist/ holds the class once in each of its bundles, and they hand errors to each other. */
const OURS = Symbol.for('sluice.error')

/**
 * The one error class. It carries what a person needs (value, rule, whose it is, what to do next) and what a program
 * needs (the outcome). Several problems of one input travel together, so that nobody fixes a file one error at a time.
 */
export class SluiceError extends Error {
  static {
    Object.defineProperty(SluiceError.prototype, OURS, { value: true })
  }

  readonly outcome: Outcome
  readonly whose: Whose
  readonly problems: readonly [Problem, ...Problem[]]

  constructor(
    outcome: Exclude<Outcome, 'done'>,
    whose: Whose,
    problems: Problem | readonly [Problem, ...Problem[]],
    options?: ErrorOptions,
  ) {
    const list = 'what' in problems ? ([problems] as const) : problems
    super(list.map(problemLine).join('\n'), options)
    this.name = 'SluiceError'
    this.outcome = outcome
    this.whose = whose
    this.problems = list
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: StateLocked and others inherit this, and are not every error of ours
    if (this !== SluiceError) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && OURS in value
  }

  get code(): ExitCode {
    return EXIT_CODES[this.outcome]
  }

  /** The remedies, each once, in the order of the problems. */
  get remedy(): string | undefined {
    const remedies = [...new Set(this.problems.map((p) => p.remedy).filter((r) => r !== undefined))]
    return remedies.length > 0 ? remedies.join('\n') : undefined
  }
}

/** `sluice.yml:3:5: what (rule)`: one line, without the remedy. */
export function problemLine(problem: Problem): string {
  const at = problem.at === undefined ? '' : `${problem.at}: `
  const rule = problem.rule === undefined ? '' : ` (${problem.rule})`
  return `${at}${problem.what}${rule}`
}

/** The user's input or command is wrong: exit 2. */
export function usageError(
  problem: Problem | readonly [Problem, ...Problem[]],
  cause?: unknown,
): SluiceError {
  return new SluiceError('usage', 'user', problem, cause === undefined ? undefined : { cause })
}

/** A remote service, or the user's own command or container, failed: exit 11. */
export function externalError(whose: 'user' | 'service', problem: Problem, cause?: unknown): SluiceError {
  return new SluiceError('external', whose, problem, cause === undefined ? undefined : { cause })
}

/** A state that Sluice's own code should have made impossible: exit 1. */
export function bug(what: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'bug',
    'sluice',
    { what, remedy: 'this is a defect of Sluice: please report it with the command and its output' },
    cause === undefined ? undefined : { cause },
  )
}
