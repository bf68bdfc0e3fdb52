import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { ECSClient } from '@aws-sdk/client-ecs'
import type { Targets } from '../../../domain/stacks/targets.ts'
import type { ProviderContext } from '../../provider.ts'
import type { AwsSession } from '../session.ts'
import { AwsCalls } from './calls.ts'
import { EcsServices } from './host.ts'
import { cloudWatchLines } from './last-lines.ts'
import { EcsReader } from './reader.ts'
import { EcsWriter } from './writer.ts'

/**
 * A client for `openEcsServices`: it tries once, because repeating is decided above it, where it is known what a request does.
 * The SDK keeps credentials fresh: they are asked for again before they end.
 */
export function ecsClient({ clients }: Pick<AwsSession, 'clients'>): ECSClient {
  return new ECSClient({ ...clients, maxAttempts: 1 })
}

/**
 * The services of an environment on AWS. Whoever made the clients closes them.
 *
 * @param logs of tasks that failed, for the reason of a rollback; without it there are exit codes alone.
 */
export function openEcsServices(
  context: ProviderContext,
  client: ECSClient,
  targets: () => Promise<Targets>,
  logs?: CloudWatchLogsClient,
): EcsServices {
  const calls = new AwsCalls(context.runtime)
  return new EcsServices(
    context,
    new EcsReader(client, calls),
    new EcsWriter(client, calls, context.system.rollout),
    targets,
    logs === undefined ? undefined : cloudWatchLines(logs, calls),
  )
}
