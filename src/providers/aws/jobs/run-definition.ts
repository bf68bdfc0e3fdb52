import type { RegisterTaskDefinitionCommandInput, Tag, TaskDefinition } from '@aws-sdk/client-ecs'
import { digestOfValue, type ImageReference } from '../../../domain/digest.ts'
import { externalError } from '../../../domain/error.ts'

const FINGERPRINT = 'sluice:fingerprint'

/** Family of the copies that run. Names of steps have no "_" on AWS, so it is nobody's template. */
export const runFamily = (template: string): string => `${template}_runs`

/** The container that is the step: the one that ends the task. */
export function stepContainer({ containerDefinitions = [], family }: TaskDefinition): string {
  const container = containerDefinitions.find(({ essential }) => essential !== false)
  if (container?.name !== undefined) return container.name
  throw externalError('user', {
    what: `task definition ${family ?? ''} has no essential container`,
    rule: 'the step is the container that ends the task',
    remedy: 'run "sluice plan" and "sluice apply"',
  })
}

/** The template with a digest in place of its tag: a task cannot be told its image otherwise. */
export function runDefinition(
  template: TaskDefinition,
  family: string,
  image: ImageReference,
): RegisterTaskDefinitionCommandInput {
  const name = stepContainer(template)
  const { cpu, memory, networkMode, taskRoleArn, executionRoleArn, requiresCompatibilities } = template
  const { runtimePlatform, volumes, ephemeralStorage, containerDefinitions = [] } = template
  const definition = {
    family: runFamily(family),
    ...given({ cpu, memory, networkMode, taskRoleArn, executionRoleArn, requiresCompatibilities }),
    ...given({ runtimePlatform, volumes, ephemeralStorage }),
    containerDefinitions: containerDefinitions.map((one) => (one.name === name ? { ...one, image } : one)),
  }
  return { ...definition, tags: [{ key: FINGERPRINT, value: digestOfValue(definition) }] }
}

/** Is what was registered last this definition? ECS fills in what nobody gave, so the fingerprint tells. */
export function isSame(tags: readonly Tag[], wanted: RegisterTaskDefinitionCommandInput): boolean {
  const of = (all: readonly Tag[] = []): string | undefined =>
    all.find(({ key }) => key === FINGERPRINT)?.value
  return of(tags) !== undefined && of(tags) === of(wanted.tags)
}

function given<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}
