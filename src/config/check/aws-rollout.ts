import type { Problem } from '../../domain/error.ts'
import { parsePercent } from '../../domain/quantity.ts'
import { complain, complainOfKey, type Subject } from './subject.ts'

/** What a rollout on ECS cannot do. */
export function awsRollout(subject: Subject): Problem[] {
  return [...steps(subject), ...checks(subject)]
}

/**
 * What ECS cannot do of `rollout.steps`: a canary has one step before all of the traffic, a linear one equal steps
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html).
 */
function steps(subject: Subject): Problem[] {
  const { steps: written, strategy = 'canary' } = subject.value.rollout ?? {}
  const isShifted = strategy === 'canary' || strategy === 'linear'
  if (written === undefined || !isShifted || subject.removed.some((gone) => gone[1] === 'steps')) return []
  const shares = written.map((text) => parsePercent(text) ?? 0)
  const [first = 100] = shares
  const found = `found ${written.join(', ')}`
  const complaint = (rule: string): Problem[] => [complain(subject, ['rollout', 'steps'], found, rule)]
  if (strategy === 'canary') {
    return shares.length > 2
      ? complaint(`on AWS a canary has one step: [${written[0]}, 100%]; or use linear`)
      : []
  }
  if (first < 3) return complaint('on AWS a linear rollout has steps of 3% at least')
  const equal = shares.every((share, index) => Math.abs(share - Math.min(100, first * (index + 1))) < 1e-6)
  return equal ? [] : complaint(`on AWS linear steps are equal: [${linear(first).join(', ')}]`)
}

/** Copies that are replaced one by one stand in one target group, whose metrics know no releases. */
function checks(subject: Subject): Problem[] {
  const { checks: written = [], strategy } = subject.value.rollout ?? {}
  if (strategy !== 'rolling' || subject.removed.some((gone) => gone[1] === 'checks')) return []
  const { functions = {} } = subject.value
  return written.flatMap((check, index) =>
    (['error-rate', 'latency'] as const).flatMap((kind) =>
      // A function's versions are told apart whatever the strategy.
      check[kind] === undefined || Object.hasOwn(functions, check[kind].service ?? '')
        ? []
        : [
            complainOfKey(
              subject,
              ['rollout', 'checks', index, kind],
              'found with strategy rolling, which mixes the requests of both releases',
              `on AWS ${kind} needs strategy canary, linear or blue-green`,
            ),
          ],
    ),
  )
}

function linear(step: number): string[] {
  const count = Math.ceil(100 / step - 1e-9)
  return Array.from(
    { length: count },
    (_, index) => `${Number(Math.min(100, step * (index + 1)).toFixed(1))}%`,
  )
}
