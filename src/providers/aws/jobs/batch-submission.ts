import type { SubmitJobCommandInput } from '@aws-sdk/client-batch'
import { commandOnNode, type NodeWords, nodeVariables } from '../../../domain/jobs/rendezvous.ts'
import type { JobOrder } from './platform.ts'

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_JobTimeout.html */
const SHORTEST = 60

/**
 * The first node has no address of the first node, so it takes its own
 * (https://docs.aws.amazon.com/batch/latest/userguide/mnp-env-vars.html).
 */
const NODE: NodeWords = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: words of the container's shell
  address: '${AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS:-$(hostname -i | cut -d" " -f1)}',
  rank: '$AWS_BATCH_JOB_NODE_INDEX',
}

/**
 * A job is told by its name, which Batch lets several have: letters, digits, "-" and "_", 128 at most
 * (https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html).
 */
export const jobName = (id: string): string => `sluice-${id.replaceAll('.', '_')}`

/** The cloud ends each attempt by itself, whoever watches (promise R32). */
export function submission(
  { id, step, target, env }: JobOrder<'batch-job'>,
  definition: string,
): SubmitJobCommandInput {
  const { nodes, array } = step
  const variables = { ...env, ...nodeVariables(step) }
  const environment = Object.entries(variables).map(([name, value]) => ({ name, value }))
  const command = nodes > 1 ? commandOnNode(step, NODE) : step.command
  const overrides = { environment, ...(command === undefined ? {} : { command: [...command] }) }
  return {
    jobName: jobName(id),
    jobQueue: target.queue,
    jobDefinition: definition,
    timeout: { attemptDurationSeconds: Math.max(SHORTEST, Math.ceil(step.timeout / 1000)) },
    ...(array === undefined ? {} : { arrayProperties: { size: array } }),
    ...(nodes > 1
      ? {
          nodeOverrides: { nodePropertyOverrides: [{ targetNodes: '0:', containerOverrides: overrides }] },
        }
      : { containerOverrides: overrides }),
  }
}
