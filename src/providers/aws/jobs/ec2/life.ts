import type { LogLine } from '../../../ports/operations.ts'

/** What a machine has said of itself in its stream `life/<machine>` (cdktf/aws/step-agent.ts). Times are the machine's. */
export interface Life {
  readonly startedAt: number | null
  /** Its last sign of any kind. */
  readonly seenAt: number | null
  readonly end:
    | { readonly kind: 'exit'; readonly code: number; readonly at: number }
    | { readonly kind: 'broken'; readonly reason: string; readonly at: number }
    | null
  /** EC2 takes it back: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html */
  readonly interrupted: boolean
}

export const NO_LIFE: Life = { startedAt: null, seenAt: null, end: null, interrupted: false }

/** `exit 3`, `broken no such image`, `interrupted`; anything else is a sign of life and no more. */
export function lifeAfter(before: Life, lines: readonly LogLine[]): Life {
  let life = before
  for (const line of lines) life = afterLine(life, line)
  return life
}

function afterLine(life: Life, { at, text }: LogLine): Life {
  const [, word, rest = ''] = /^([a-z]+)(?: (.*))?$/s.exec(text) ?? []
  const seen = { ...life, seenAt: Math.max(life.seenAt ?? 0, at) }
  if (word === 'started') return { ...seen, startedAt: life.startedAt ?? at }
  if (word === 'interrupted') return { ...seen, interrupted: true }
  if (word === 'exit' && /^\d{1,3}$/.test(rest)) {
    return { ...seen, end: life.end ?? { kind: 'exit', code: Number(rest), at } }
  }
  if (word === 'broken') return { ...seen, end: life.end ?? { kind: 'broken', reason: rest, at } }
  return seen
}
