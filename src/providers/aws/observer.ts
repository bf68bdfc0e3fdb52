import type { CloudWatchClient, GetMetricDataCommandInput, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { externalError } from '../../domain/error.ts'
import type { Targets } from '../../domain/stacks/targets.ts'
import type { Clock } from '../../runtime/runtime.ts'
import type { Observer } from '../ports/observer.ts'
import { versionQueries } from './functions/counted.ts'
import type { Balanced } from './services/balanced.ts'
import { closedPeriod } from './services/closed-period.ts'
import { type AwsSession, settingsFor } from './session.ts'
import { callTrouble } from './trouble.ts'

export interface ObserverParts {
  readonly session: AwsSession
  readonly clock: Pick<Clock, 'now'>
  readonly targets: () => Promise<Targets>
  /** Where a revision's requests are counted; undefined where nothing counts them by revision. */
  readonly balanced: (service: string, revision: string) => Promise<Balanced | undefined>
}

/** The shortest period of a load balancer's metrics, seconds. */
const PERIOD = 60

/**
 * What is asked of a target group. A target that takes no connection answers nothing, and the load balancer then answers 502 or
 * 504 in its place, which no metric of the target group counts as an answer.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
 */
const COUNTS = [
  { id: 'requests', metric: 'RequestCount', stat: 'Sum' },
  { id: 'errors', metric: 'HTTPCode_Target_5XX_Count', stat: 'Sum' },
  { id: 'refused', metric: 'TargetConnectionErrorCount', stat: 'Sum' },
] as const

/** How many requests were timed, and their 95th percentile in seconds. */
const TIMES = [
  { id: 'timed', metric: 'TargetResponseTime', stat: 'SampleCount' },
  { id: 'p95', metric: 'TargetResponseTime', stat: 'p95' },
] as const

type Asked = (typeof COUNTS | typeof TIMES)[number]
const IDS: readonly string[] = [...COUNTS, ...TIMES].map(({ id }) => id)
const isAsked = (id: string | undefined): id is Asked['id'] => id !== undefined && IDS.includes(id)

/**
 * What CloudWatch knows. Its counts of a minute come when it is over: a bake time that is shorter finds no data, and no data never
 * promotes (promise R31).
 */
export function openObserver(parts: ObserverParts): Observer & { close(): void } {
  const { session, clock, targets, balanced } = parts
  let opened: Promise<CloudWatchClient> | undefined
  const sdk = async () => {
    const api = await import('./sdk/cloudwatch.ts')
    opened ??= Promise.resolve(new api.CloudWatchClient(settingsFor(session, 'CLOUDWATCH')))
    return { api, client: await opened }
  }

  const balancedQueries = async (service: string, revision: string) => {
    const place = await balanced(service, revision)
    return place === undefined ? undefined : queries(place, COUNTS, PERIOD)
  }

  return {
    kinds: ['alarm', 'error-rate', 'latency'],

    async alarm(name) {
      // An alarm of sluice.yml's own words, or one of the account by its full name.
      const full = (await targets()).alarms[name] ?? name
      const { api, client } = await sdk()
      const request = new api.DescribeAlarmsCommand({
        AlarmNames: [full],
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      })
      const { MetricAlarms = [], CompositeAlarms = [] } = await client
        .send(request, session.call)
        .catch((error: unknown) => {
          const need = { action: 'cloudwatch:DescribeAlarms', resource: arnOf(session, full) }
          throw callTrouble(`looking at the alarm ${full}`, need, error)
        })
      const found = [...MetricAlarms, ...CompositeAlarms].find(({ AlarmName }) => AlarmName === full)
      if (found === undefined) return undefined
      // A state that this version does not know says nothing.
      return found.StateValue === 'OK' ? 'ok' : found.StateValue === 'ALARM' ? 'alarm' : 'insufficient-data'
    },

    async requests(service, revision, since) {
      const asked =
        versionQueries(await targets(), service, revision) ?? (await balancedQueries(service, revision))
      if (asked === undefined) return undefined
      const minute = PERIOD * 1000
      const counts = await valuesOf(session, sdk, {
        StartTime: new Date(Math.floor(since / minute) * minute),
        EndTime: new Date(clock.now()),
        MetricDataQueries: asked,
      })
      const { requests, errors = 0, refused = 0 } = counts
      return requests === undefined ? undefined : { requests, errors: Math.min(requests, errors + refused) }
    },

    async latency(service, revision, since) {
      const span = closedPeriod(since, clock.now())
      const place = await balanced(service, revision)
      if (span === undefined || place === undefined) return undefined
      const { timed, p95 } = await valuesOf(session, sdk, {
        StartTime: new Date(span.start),
        EndTime: new Date(span.start + span.length),
        MetricDataQueries: queries(place, TIMES, span.length / 1000),
      })
      return timed === undefined || p95 === undefined ? undefined : { requests: timed, p95: p95 * 1000 }
    },

    close: () => void opened?.then((client) => client.destroy()),
  }
}

function queries(
  { loadBalancer, targetGroup }: Balanced,
  asked: readonly Asked[],
  Period: number,
): MetricDataQuery[] {
  return asked.map(({ id: Id, metric: MetricName, stat: Stat }) => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/ApplicationELB',
        MetricName,
        Dimensions: [
          { Name: 'LoadBalancer', Value: loadBalancer },
          { Name: 'TargetGroup', Value: targetGroup },
        ],
      },
      Period,
      Stat,
    },
  }))
}

/** Over all pages; a metric without one value is absent. */
async function valuesOf(
  session: AwsSession,
  sdk: () => Promise<{ api: typeof import('./sdk/cloudwatch.ts'); client: CloudWatchClient }>,
  request: GetMetricDataCommandInput,
): Promise<Partial<Record<Asked['id'], number>>> {
  const { api, client } = await sdk()
  const what = 'reading the metrics of a rollout'
  const values: Partial<Record<Asked['id'], number>> = {}
  let NextToken: string | undefined
  do {
    const page = await client
      .send(new api.GetMetricDataCommand({ ...request, NextToken }), session.call)
      .catch((error: unknown) => {
        throw callTrouble(what, { action: 'cloudwatch:GetMetricData', resource: '*' }, error)
      })
    for (const { Id, StatusCode, Values = [] } of page.MetricDataResults ?? []) {
      // PartialData goes on with the next page; what is neither is an answer without the counts.
      if (StatusCode !== 'Complete' && StatusCode !== 'PartialData') {
        throw externalError('service', {
          what: `${what}: CloudWatch says ${StatusCode ?? 'nothing'} of ${Id}`,
        })
      }
      if (!isAsked(Id)) continue
      if (Values.length > 0) values[Id] = Values.reduce((sum, value) => sum + value, values[Id] ?? 0)
    }
    NextToken = page.NextToken
  } while (NextToken !== undefined && NextToken !== '')
  return values
}

const arnOf = ({ clients, account }: AwsSession, alarm: string): string =>
  `arn:aws:cloudwatch:${clients.region}:${account}:alarm:${alarm}`
