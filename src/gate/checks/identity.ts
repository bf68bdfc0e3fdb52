import type { Evaluation } from '../../domain/models/evaluation.ts'
import type { Reason } from '../../domain/models/verdict.ts'
import type { GateContext } from '../context.ts'
import { reason } from '../reasons.ts'

/**
 * Whether the evidence is one evaluation of the two models that it names, on one data set (promises R38, R42). A side may
 * state its own run, data set and versions; whatever it states must be that of the evidence.
 */
export function identityBreaches(evidence: Evaluation, context: GateContext): Reason[] {
  const { champion, model } = evidence
  return [
    ...sideBreaches('challenger', model, evidence),
    ...(champion === null ? [] : sideBreaches('champion', champion, evidence)),
    ...(champion === null ? [] : versionsDiffer(model, champion)),
    ...factBreaches(evidence, context),
    ...provenance(evidence, context),
  ]
}

type Side = Readonly<Record<string, unknown>>

function sideBreaches(who: string, side: Side, evidence: Evaluation): Reason[] {
  const found: Reason[] = []
  const differs = (rule: string, what: string, own: unknown, shared: unknown): void => {
    if (own === undefined || own === shared) return
    const text = `the ${who} was scored with ${what} ${say(own)}, the evidence is of ${what} ${say(shared)}: not comparable`
    found.push(reason(rule, 'reject', text))
  }
  differs('other-run', 'run', side['run'], evidence.run)
  differs('seed-differs', 'seed', side['seed'], evidence.seed)
  const data = side['dataset']
  const isObject = typeof data === 'object' && data !== null
  differs('dataset-differs', 'data set', isObject ? (data as Side)['digest'] : data, evidence.dataset.digest)
  if (isObject) differs('row-count', 'rows', (data as Side)['rows'], evidence.dataset.rows)
  differs('label-version', 'label version', side['labelVersion'], evidence.labelVersion)
  differs(
    'preprocessing',
    'preprocessing',
    side['preprocessing'],
    evidence['preprocessing'] ?? side['preprocessing'],
  )
  return found
}

/** What both sides state about how they were scored must be equal, also where the evidence itself says nothing. */
function versionsDiffer(challenger: Side, champion: Side): Reason[] {
  const rules: Record<string, string> = { preprocessing: 'preprocessing', metricVersions: 'metric-version' }
  return Object.entries(rules).flatMap(([key, rule]) => {
    const [a, b] = [challenger[key], champion[key]]
    return a === undefined || b === undefined || say(a) === say(b)
      ? []
      : [
          reason(
            rule,
            'reject',
            `${key} of the champion is ${say(b)}, of the challenger ${say(a)}: not comparable`,
          ),
        ]
  })
}

function factBreaches(evidence: Evaluation, { facts = {} }: GateContext): Reason[] {
  const found: Reason[] = []
  const differs = (rule: string, what: string, judged: unknown, real: unknown): void => {
    if (real === undefined || judged === real) return
    found.push(reason(rule, 'reject', `the evidence judges ${what} ${say(judged)}, but it is ${say(real)}`))
  }
  if (facts.model === null) {
    const text = `the registry has no version of model ${evidence.model.name} with digest ${evidence.model.digest}`
    found.push(reason('model-digest', 'reject', text))
  } else differs('model-digest', 'model', evidence.model.digest, facts.model)
  differs('champion-digest', 'champion', evidence.champion?.digest ?? null, facts.champion)
  differs('image-digest', 'image', evidence.image, facts.image)
  if (evidence.code !== undefined) differs('code-differs', 'code', evidence.code, facts.code)
  return found
}

function provenance(evidence: Evaluation, context: GateContext): Reason[] {
  const found: Reason[] = []
  const breach = (rule: string, text: string): void => void found.push(reason(rule, 'reject', text))
  if (evidence.champion !== null && evidence.champion.digest === evidence.model.digest) {
    breach('same-model', `same model: challenger and champion are both ${evidence.model.digest}`)
  }
  if (evidence.seed === undefined) breach('seed-missing', 'the evidence does not record the seed of its run')
  if (evidence.champion === null && evidence.rows?.champion !== undefined) {
    breach(
      'champion-missing',
      'the rows hold outcomes of a champion, but the evidence does not say which model it is',
    )
  }
  if (evidence.champion === null && Object.keys(evidence.metrics?.champion ?? {}).length > 0) {
    breach(
      'champion-missing',
      'there are metrics of a champion, but the evidence does not say which model it is',
    )
  }
  const stated = evidence.rows?.['digest']
  if (stated !== undefined && context.rows !== null && stated !== context.rows) {
    breach('stale-cache', `the evidence was written for rows ${say(stated)}, these are ${context.rows}`)
  }
  const run = evidence.rows?.['run']
  if (run !== undefined && run !== evidence.run) {
    breach('stale-cache', `the rows are of run ${say(run)}, the evidence of run ${evidence.run}`)
  }
  for (const key of context.duplicateKeys ?? []) {
    breach('duplicate-metric', `${key} stands twice in the evidence: which one is meant cannot be known`)
  }
  return found
}

/** What would have been compared, had the evidence said it. */
export function notChecked(evidence: Evaluation, context: GateContext): string[] {
  const rows = evidence.rows
  return [
    ...(evidence.labelVersion === undefined ? ['label version'] : []),
    ...(evidence.metricVersions === undefined ? ['metric versions'] : []),
    ...(evidence.trainRowHashes === undefined ? ['overlap of training and test rows'] : []),
    ...(evidence.image === undefined ? ['image digest'] : []),
    ...(evidence.code === undefined ? ['code commit'] : []),
    ...(rows === undefined ? ['rows'] : []),
    ...(context.facts?.model === undefined ? ['model digest in the registry'] : []),
  ]
}

function say(value: unknown): string {
  return value === undefined ? 'unstated' : typeof value === 'string' ? value : JSON.stringify(value)
}
