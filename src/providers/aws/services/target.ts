import { usageError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'

/** Where a service stands on ECS: the part of targets.json that a rollout needs. */
export interface EcsTarget {
  readonly name: string
  readonly cluster: string
  readonly service: string
  /** The container that takes requests and gets the image of the release. */
  readonly container: string
  readonly loadBalanced: boolean
  /** Family whose newest revision every release is copied from; synth makes it. */
  readonly template: string
  /** Family of the copies. Names of services have no "_" on AWS, so it is nobody's template. */
  readonly family: string
  /** Fewest copies. */
  readonly copies: number
  readonly url: string | null
  /** Headers with which a request to `url` reaches the revision that is on its way; absent: nothing leads to it alone. */
  readonly staged?: Readonly<Record<string, string>>
}

/** @throws SluiceError usage where targets.json has no such service, or none that Sluice's own stacks made. */
export function ecsTarget(targets: Targets, name: string): EcsTarget {
  const target = targets.services[name]
  if (target === undefined || target.kind !== 'ecs-service') {
    throw usageError({
      what: `targets.json has ${target === undefined ? 'no service' : `a ${target.kind} for service`} ${name}`,
      rule: 'a service of an environment on AWS is an ecs-service there',
      remedy:
        'run "sluice apply" first; with infrastructure of your own, add the service to the output "sluice"',
    })
  }
  const { cluster, service, container, loadBalanced, url, template, scale, staged } = target
  if (typeof template !== 'string' || template === '') {
    throw usageError({
      what: `the target of service ${name} has no template`,
      rule: 'template is the family of the task definition that a rollout copies',
      remedy: 'add it to the output "sluice", or apply the stacks of "sluice synth"',
    })
  }
  return {
    name,
    cluster,
    service,
    container,
    loadBalanced,
    template,
    family: `${template}_releases`,
    copies: fewest(scale),
    url: url ?? null,
    ...(staged === undefined ? {} : { staged: { [staged.header]: staged.value } }),
  }
}

function fewest(scale: unknown): number {
  const min = typeof scale === 'object' && scale !== null && 'min' in scale ? scale.min : undefined
  return typeof min === 'number' && Number.isInteger(min) && min >= 0 ? min : 1
}

/** `shop-test-web_releases` of `arn:aws:ecs:us-east-1:1:task-definition/shop-test-web_releases:7`. */
export function familyOf(taskDefinition: string): string {
  const name = taskDefinition.slice(taskDefinition.lastIndexOf('/') + 1)
  return name.replace(/:\d+$/, '')
}

/** The number of a revision within its family; 0 where there is none. */
export function revisionNumber(taskDefinition: string): number {
  return Number(/:(\d+)$/.exec(taskDefinition)?.[1] ?? 0)
}
