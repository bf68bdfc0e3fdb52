import { SluiceError } from '../../../domain/error.ts'
import type { Phase } from './deployment.ts'
import type { EcsTarget } from './target.ts'

/** How far a deployment is, or how it ended, for people. */
export const ENDS: Readonly<Record<Phase, string>> = {
  pending: 'ECS has not begun its deployment',
  'in-progress': 'its deployment is under way',
  successful: 'its deployment is done',
  stopping: 'somebody stopped its deployment',
  stopped: 'its deployment was stopped',
  'rolling-back': 'ECS is rolling it back',
  'rolled-back': 'ECS rolled it back',
  'rollback-failed': 'ECS could not roll it back',
}

export function noTemplate({ name, template }: EcsTarget): SluiceError {
  return new SluiceError('usage', 'user', {
    what: `there is no task definition ${template}, the template of service ${name}`,
    remedy: 'run "sluice apply" first',
  })
}

export function busy({ name }: EcsTarget, by: string, goes: boolean): SluiceError {
  return new SluiceError('locked', 'user', {
    what: `${name}: ${by} is ${goes ? 'rolling out' : 'being rolled back'}`,
    rule: 'a service has one rollout at a time',
    remedy:
      'wait until it is over, see "sluice operate status"; "sluice rollout" takes back what an interrupted one left',
  })
}

export function superseded({ name }: EcsTarget, revision: string, by: string): SluiceError {
  return new SluiceError('stale', 'user', {
    what: `${name}: ${revision} is not rolling out; there is ${by}`,
    rule: 'a rollout moves its own revision alone',
    remedy: 'see "sluice operate status"; find out who deploys beside Sluice',
  })
}

export function unclear({ service, cluster }: EcsTarget, what: string): SluiceError {
  return new SluiceError('cannot-observe', 'service', {
    what: `service ${service} of cluster ${cluster}: ${what}`,
    rule: 'an unknown state is never taken for success',
    remedy: 'see the service in the console of ECS; a newer version of Sluice may know the state',
  })
}
