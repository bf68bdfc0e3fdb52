import { usageError } from '../../../domain/error.ts'
import type { Targets } from '../../../domain/stacks/targets.ts'

/** A group of CloudWatch Logs. */
export interface LogGroup {
  readonly region: string
  readonly name: string
}

/**
 * Where a service, or a step as `pipeline.step`, writes: `cloudwatch:us-east-1:/ecs/films/api` in targets.json.
 *
 * @throws SluiceError usage where targets.json says nothing of it, or something else
 */
export function logGroupOf({ logs }: Pick<Targets, 'logs'>, of: string): LogGroup {
  const locator = logs[of]
  const [, region, name] = /^cloudwatch:([a-z0-9-]+):(.+)$/.exec(locator ?? '') ?? []
  if (region !== undefined && name !== undefined) return { region, name }
  throw usageError({
    what: locator === undefined ? `targets.json has no logs of ${of}` : `the logs of ${of} are at ${locator}`,
    rule: 'logs on AWS are a group of CloudWatch Logs: cloudwatch:REGION:GROUP',
    remedy: 'run "sluice apply" first; with infrastructure of your own, add it to the output "sluice"',
  })
}

/** `c0ffee` of the stream `api/api/c0ffee`: the task that wrote a line. */
export const taskOfStream = (stream: string): string => stream.slice(stream.lastIndexOf('/') + 1)
