import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { Targets } from '../../../domain/stacks/targets.ts'

/** The shortest period of Lambda's metrics, seconds. */
const PERIOD = 60

/** What is counted of a version: its calls, and those that ended with an error of the function or by its time-out. */
const METRICS = { requests: 'Invocations', errors: 'Errors' } as const

/**
 * What CloudWatch counts of one version of a function, as far as it is called by the alias. Lambda tells the versions of an alias
 * apart while the alias leads to two of them; undefined where targets.json has no such function.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html, `ExecutedVersion`
 */
export function versionQueries(
  { services, functions }: Pick<Targets, 'services' | 'functions'>,
  name: string,
  version: string,
): MetricDataQuery[] | undefined {
  const target = Object.hasOwn(services, name) ? undefined : functions[name]
  if (target?.kind !== 'lambda-alias') return undefined
  return Object.entries(METRICS).map(([Id, MetricName]) => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName,
        Dimensions: [
          { Name: 'FunctionName', Value: target.function },
          { Name: 'Resource', Value: `${target.function}:${target.alias}` },
          { Name: 'ExecutedVersion', Value: version },
        ],
      },
      Period: PERIOD,
      Stat: 'Sum',
    },
  }))
}
