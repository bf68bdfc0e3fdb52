import type {
  ContainerProperties,
  JobDefinition,
  RegisterJobDefinitionCommandInput,
} from '@aws-sdk/client-batch'
import { digestOfValue, type ImageReference } from '../../../domain/digest.ts'
import { externalError } from '../../../domain/error.ts'

const FINGERPRINT = 'sluice:fingerprint'

/** Name of the copies that run. Names of steps have no "_" on AWS, so it is nobody's template. */
export const runName = (template: string): string => `${template}_runs`

/**
 * The template with a digest in place of its tag: a submission cannot say the image otherwise
 * (https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerOverrides.html).
 */
export function batchRunDefinition(
  template: JobDefinition,
  image: ImageReference,
): RegisterJobDefinitionCommandInput {
  const { jobDefinitionName = '', type, containerProperties, nodeProperties } = template
  const { retryStrategy, timeout, platformCapabilities, propagateTags } = template
  const withImage = (container: ContainerProperties): ContainerProperties => ({ ...container, image })
  if (containerProperties === undefined && nodeProperties === undefined) {
    throw externalError('user', {
      what: `job definition ${jobDefinitionName} is of type ${type}, without a container`,
      rule: 'a step on Batch is a container, or the same one on several nodes',
      remedy: 'run "sluice plan" and "sluice apply"',
    })
  }
  const definition = {
    jobDefinitionName: runName(jobDefinitionName),
    type: type === 'multinode' ? ('multinode' as const) : ('container' as const),
    ...(containerProperties === undefined ? {} : { containerProperties: withImage(containerProperties) }),
    ...(nodeProperties === undefined
      ? {}
      : {
          nodeProperties: {
            ...nodeProperties,
            nodeRangeProperties: (nodeProperties.nodeRangeProperties ?? []).map((range) =>
              range.container === undefined ? range : { ...range, container: withImage(range.container) },
            ),
          },
        }),
    ...(retryStrategy === undefined ? {} : { retryStrategy }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(platformCapabilities === undefined ? {} : { platformCapabilities }),
    ...(propagateTags === undefined ? {} : { propagateTags }),
  }
  return { ...definition, tags: { [FINGERPRINT]: digestOfValue(JSON.parse(JSON.stringify(definition))) } }
}

/** Batch fills in what nobody gave, so the fingerprint tells whether this is what was registered. */
export function isRegistered(
  { tags = {} }: Pick<JobDefinition, 'tags'>,
  wanted: RegisterJobDefinitionCommandInput,
): boolean {
  return tags[FINGERPRINT] !== undefined && tags[FINGERPRINT] === wanted.tags?.[FINGERPRINT]
}
