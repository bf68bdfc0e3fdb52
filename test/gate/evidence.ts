import { digestOf } from '../../src/domain/digest.ts'
import { type Evaluation, evaluationSchema } from '../../src/domain/models/evaluation.ts'
import { type GatePolicy, gatePolicySchema } from '../../src/domain/models/policy.ts'
import type { Verdict } from '../../src/domain/models/verdict.ts'
import type { GateContext } from '../../src/gate/context.ts'
import { decide } from '../../src/gate/decide.ts'
import { rowRequests } from '../../src/gate/plan.ts'
import { Random } from '../../src/gate/random.ts'
import type { Rows } from '../../src/gate/rows/columns.ts'
import { readRows } from '../../src/gate/rows/read.ts'

export type Row = Readonly<Record<string, unknown>>

/** One paired row a line; the challenger is right a little more often than the champion. */
export function classifierRows(
  n: number,
  options: { gain?: number; seed?: number; base?: number } = {},
): Row[] {
  const random = new Random(options.seed ?? 7, 1, 2, 3)
  const gain = options.gain ?? 0.06
  return Array.from({ length: n }, (_, i) => {
    const label = random.uniform() < (options.base ?? 0.4) ? 1 : 0
    const u = random.uniform()
    // Both right, only the champion, only the challenger, neither.
    const state = u < 0.8 ? 3 : u < 0.85 ? 1 : u < 0.9 + gain ? 2 : 0
    const champion = (state & 1) === 1 ? label : 1 - label
    const challenger = (state & 2) === 2 ? label : 1 - label
    const score = (given: number): string => (0.25 + 0.4 * given + 0.3 * random.uniform()).toFixed(4)
    return {
      id: `r${i}`,
      label,
      champion,
      challenger,
      champion_score: score(champion),
      challenger_score: score(challenger),
      language: ['en', 'fr'][i % 2],
      user: `u${i % 100}`,
      latency: (20 + 10 * random.uniform()).toFixed(2),
    }
  })
}

/** The rows of the golden evidence: enough of them, and a gain that is there, so that it promotes. */
export const GOLDEN = classifierRows(2000)

export const digestNamed = (name: string): `sha256:${string}` => digestOf(name)

export function evidenceOf(change: Record<string, unknown> = {}): Evaluation {
  return evaluationSchema.parse({
    schema: 'sluice.evaluation/v1',
    run: 'run-1',
    seed: 7,
    code: 'a'.repeat(40),
    model: { name: 'sentiment', version: '7', digest: digestNamed('challenger') },
    champion: { version: '6', digest: digestNamed('champion') },
    dataset: { name: 'test', digest: digestNamed('data'), rows: 2000 },
    rows: {
      path: 'rows.csv',
      id: 'id',
      label: 'label',
      champion: { predicted: 'champion', score: 'champion_score', latency_ms: 'latency' },
      challenger: { predicted: 'challenger', score: 'challenger_score', latency_ms: 'latency' },
      slices: ['language'],
    },
    ...change,
  })
}

export function policyOf(change: Record<string, unknown> = {}): GatePolicy {
  return gatePolicySchema.parse({
    primary: { metric: 'f1', direction: 'higher', rule: 'noninferior', margin: 0.02 },
    floors: { f1: 0.7 },
    resamples: 500,
    ...change,
  })
}

export function contextOf(change: Partial<GateContext> = {}): GateContext {
  return { evidence: digestNamed('evidence'), rows: digestNamed('rows'), look: 1, ...change }
}

export function csvOf(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? { id: 0, label: 0, champion: 0, challenger: 0 })
  return `${[columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))].map((cells) => cells.join(',')).join('\n')}\n`
}

export async function* bytesOf(text: string | Uint8Array, chunk = 65_536): AsyncIterable<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
}

export async function rowsOf(rows: readonly Row[], evidence: Evaluation, policy: GatePolicy): Promise<Rows> {
  const jsonl = evidence.rows?.path.endsWith('.jsonl') ?? false
  const text = jsonl ? rows.map((row) => JSON.stringify(row)).join('\n') : csvOf(rows)
  return readRows(evidence.rows?.path ?? 'rows.csv', bytesOf(text), rowRequests(evidence, policy))
}

export interface Case {
  readonly evidence?: Record<string, unknown>
  readonly policy?: Record<string, unknown>
  readonly context?: Partial<GateContext>
  readonly rows?: readonly Row[] | null
}

/** The verdict on the golden evidence with these changes. */
export async function judged({
  evidence = {},
  policy = {},
  context = {},
  rows = GOLDEN,
}: Case = {}): Promise<Verdict> {
  const count = rows?.length ?? 0
  const dataset = { name: 'test', digest: digestNamed('data'), ...(rows === null ? {} : { rows: count }) }
  const judgedEvidence = evidenceOf({ dataset, ...(rows === null ? { rows: undefined } : {}), ...evidence })
  const judgedPolicy = policyOf(policy)
  const read = rows === null ? null : await rowsOf(rows, judgedEvidence, judgedPolicy)
  return decide(judgedEvidence, read, judgedPolicy, contextOf(context))
}

/** `reject: seed-missing, same-model`: the verdict with the rules that decided it. */
export function said({ verdict, reasons }: Verdict): string {
  const rules = reasons.filter(({ says }) => says === verdict).map(({ rule }) => rule)
  return `${verdict}: ${[...new Set(rules)].sort().join(', ')}`
}
