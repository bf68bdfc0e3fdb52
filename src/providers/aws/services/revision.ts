import type {
  ContainerDefinition,
  RegisterTaskDefinitionCommandInput,
  Tag,
  TaskDefinition,
} from '@aws-sdk/client-ecs'
import {
  type Digest,
  digestOfValue,
  type ImageReference,
  isDigest,
  parseImageReference,
} from '../../../domain/digest.ts'
import { SluiceError, usageError } from '../../../domain/error.ts'
import { modelPin, type ServedModel } from '../../../domain/models/model.ts'
import { modelVariable } from '../../../domain/system/connections.ts'
import type { RevisionSpec } from '../../ports/services.ts'
import type { EcsTarget } from './target.ts'

/** A task definition with its tags, as ECS gives it. */
export interface Registered {
  readonly definition: TaskDefinition
  readonly tags: readonly Tag[]
}

export const RELEASE = 'sluice:release'
export const FINGERPRINT = 'sluice:fingerprint'
const MODEL = 'sluice:model:'
const PINS = 'SLUICE_MODEL_'

/**
 * The task definition of a release: the template with the digests and the model pins in it. Equal content has an equal
 * fingerprint, by which a repeated rollout finds what it has registered (promise R28).
 *
 * @param sidecars image of each container beside the main one
 */
export function releaseDefinition(
  target: EcsTarget,
  template: Registered,
  spec: Pick<RevisionSpec, 'image' | 'models' | 'release'>,
  sidecars: Readonly<Record<string, ImageReference>>,
): RegisterTaskDefinitionCommandInput {
  const { definition } = template
  const containers = definition.containerDefinitions ?? []
  if (!containers.some(({ name }) => name === target.container)) {
    throw usageError({
      what: `the template ${target.template} has no container ${target.container}: ${containers.map(({ name }) => name).join(', ')}`,
      rule: 'the container of targets.json gets the image of the release',
      remedy: 'apply the stacks again',
    })
  }
  const content = {
    ...carried(definition),
    family: target.family,
    containerDefinitions: containers.map((container) =>
      container.name === target.container
        ? pinned({ ...container, image: spec.image }, spec.models)
        : { ...container, image: imageOf(target, container, sidecars) },
    ),
  }
  const fingerprint = digestOfValue(json({ content, release: spec.release }))
  const own = new Set([RELEASE, FINGERPRINT, ...spec.models.map(({ name }) => `${MODEL}${name}`)])
  return {
    ...content,
    tags: [
      ...template.tags.filter(({ key = '' }) => !key.startsWith('aws:') && !own.has(key)),
      { key: RELEASE, value: spec.release },
      { key: FINGERPRINT, value: fingerprint },
      ...spec.models.map((model) => ({ key: `${MODEL}${model.name}`, value: modelPin(model) })),
    ],
  }
}

/** What RegisterTaskDefinition takes of what DescribeTaskDefinition gives; ECS computes the rest. */
function carried(
  definition: TaskDefinition,
): Omit<RegisterTaskDefinitionCommandInput, 'family' | 'containerDefinitions'> {
  const {
    taskRoleArn,
    executionRoleArn,
    networkMode,
    volumes,
    placementConstraints,
    requiresCompatibilities,
    cpu,
    memory,
    runtimePlatform,
    pidMode,
    ipcMode,
    proxyConfiguration,
    ephemeralStorage,
    enableFaultInjection,
  } = definition
  return {
    taskRoleArn,
    executionRoleArn,
    networkMode,
    volumes,
    placementConstraints,
    requiresCompatibilities,
    cpu,
    memory,
    runtimePlatform,
    pidMode,
    ipcMode,
    proxyConfiguration,
    ephemeralStorage,
    enableFaultInjection,
  }
}

/** A service loads exactly the models of its release: pins of the template go, those of the release come. */
function pinned(container: ContainerDefinition, models: readonly ServedModel[]): ContainerDefinition {
  const kept = (container.environment ?? []).filter(({ name }) => name?.startsWith(PINS) !== true)
  const pins = models.map((model) => ({ name: modelVariable(model.name), value: modelPin(model) }))
  return {
    ...container,
    environment: [...kept, ...pins].sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1)),
  }
}

function imageOf(
  target: EcsTarget,
  { name = '', image = '' }: ContainerDefinition,
  sidecars: Readonly<Record<string, ImageReference>>,
): string {
  const known = sidecars[name]
  if (known !== undefined) return known
  // A container of the team's own infrastructure that is no image of ours stays as it is, if it cannot change.
  if (parseImageReference(image) !== undefined) return image
  throw usageError({
    what: `no digest is known for container ${name} of service ${target.name}, whose template has ${image}`,
    rule: 'every container of a release is deployed by digest',
    remedy: 'run "sluice build" first: images.json then has the images of sidecars too',
  })
}

/** What a task definition says of the release that it was made for. */
export interface Described {
  readonly id: string
  readonly active: boolean
  readonly release: Digest | null
  readonly fingerprint: string | null
  readonly image: ImageReference
  readonly models: readonly ServedModel[]
  readonly createdAt: number
}

/** @throws SluiceError cannot-observe where its image has no digest: then nothing can be said of what runs. */
export function described({ definition, tags }: Registered, container: string): Described {
  const id = definition.taskDefinitionArn ?? ''
  const main = definition.containerDefinitions?.find(({ name }) => name === container)
  const image = main?.image ?? ''
  if (parseImageReference(image) === undefined) {
    throw new SluiceError('cannot-observe', 'user', {
      what: `${id} runs ${image === '' ? `no container ${container}` : image}`,
      rule: 'what is deployed is known by its digest alone',
      remedy: 'somebody deploys beside Sluice; let this service go back to a task definition with a digest',
    })
  }
  const value = (key: string): string | null => tags.find((tag) => tag.key === key)?.value ?? null
  const release = value(RELEASE)
  const environment = new Map((main?.environment ?? []).map((variable) => [variable.name, variable.value]))
  return {
    id,
    active: definition.status !== 'INACTIVE',
    release: isDigest(release) ? release : null,
    fingerprint: value(FINGERPRINT),
    image: image as ImageReference,
    models: tags.flatMap(({ key = '' }) => {
      if (!key.startsWith(MODEL)) return []
      const name = key.slice(MODEL.length)
      const pin = parsePin(environment.get(modelVariable(name)) ?? '')
      return pin === undefined ? [] : [{ name, ...pin }]
    }),
    createdAt: definition.registeredAt?.getTime() ?? 0,
  }
}

function parsePin(text: string): { version: string; digest: Digest } | undefined {
  const at = text.indexOf('@')
  const digest = text.slice(at + 1)
  return at > 0 && isDigest(digest) ? { version: text.slice(0, at), digest } : undefined
}

/** Without what is undefined, as it goes over the wire. */
function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
