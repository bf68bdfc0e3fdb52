import type { Problem } from '../domain/error.ts'
import type { Check } from '../domain/system/rollout-policy.ts'
import type { Service, System } from '../domain/system/system.ts'

/**
 * The services that a check looks at: on AWS nothing but the load balancer leads to one from outside. A function is looked at where
 * it is named: many are called too rarely to be compared, and no data never promotes.
 */
export function checkedServices(
  system: Pick<System, 'services' | 'functions' | 'environment'>,
  check: Check,
): readonly Service[] {
  switch (check.kind) {
    case 'http':
    case 'error-rate':
    case 'latency':
      return Object.values(system.services).filter(
        ({ name, port, public: isPublic }) =>
          (check.kind === 'error-rate' && check.service === name && Object.hasOwn(system.functions, name)) ||
          (port !== undefined &&
            (check.service === undefined || check.service === name) &&
            (isPublic || system.environment.cloud !== 'aws')),
      )
    case 'alarm':
      return []
    default:
      return check satisfies never
  }
}

export function describeCheck(check: Check): string {
  switch (check.kind) {
    case 'http':
      return `http ${check.path}${check.service === undefined ? '' : ` of ${check.service}`}`
    case 'error-rate':
      return `error-rate${check.service === undefined ? '' : ` of ${check.service}`}`
    case 'latency':
      return `latency${check.service === undefined ? '' : ` of ${check.service}`}`
    case 'alarm':
      return `alarm ${check.alarm}`
    default:
      return check satisfies never
  }
}

/** Checks that could never give an answer: they are refused before the rollout, because no data never promotes. */
export function checkProblems(
  system: Pick<System, 'services' | 'functions' | 'rollout' | 'environment'>,
  observable: readonly Check['kind'][],
): readonly Problem[] {
  return system.rollout.checks.flatMap((check): Problem[] => {
    if (!observable.includes(check.kind)) {
      return [
        {
          what: `rollout check "${describeCheck(check)}" cannot be observed on cloud ${system.environment.cloud}`,
          rule: `checks of kind ${observable.join(', ')} can`,
          remedy: `replace it for environment ${system.environment.name} under "set: rollout.checks"`,
        },
      ]
    }
    if (check.kind === 'alarm' || checkedServices(system, check).length > 0) return []
    return [
      {
        what: `rollout check "${describeCheck(check)}" looks at no service that can be asked`,
        rule: 'no data never promotes; a service takes requests at a port, and on AWS it is public',
        remedy: 'name a service that takes requests, or remove the check',
      },
    ]
  })
}
