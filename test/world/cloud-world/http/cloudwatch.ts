import { CloudError } from '../faults.ts'
import type { CloudWorld } from '../world.ts'
import { type JsonDoor, type JsonInput, openJsonDoor } from './json-door.ts'

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'

/** Alarms and metrics of CloudWatch. ../README.md cites the page of each behaviour. */
export interface CloudWatchDoor extends JsonDoor {
  /** What an alarm says from now on; one that no apply has made is made. */
  alarm(name: string, state: AlarmState): void
  /** Adds to a metric of the present minute. */
  count(metric: Metric, value: number): void
  /** Values of one metric on a page; more come with a token. */
  page: number
  /** In place of `Complete`. */
  status: string | undefined
}

export interface Metric {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
}

const MINUTE = 60_000
const ALARM = 'aws_cloudwatch_metric_alarm'

export async function openCloudWatch({ store, clock }: CloudWorld): Promise<CloudWatchDoor> {
  const samples: { readonly key: string; readonly at: number; readonly value: number }[] = []
  const calls: Readonly<Record<string, (input: JsonInput) => object>> = {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    DescribeAlarms: (input) => {
      const names = input['AlarmNames'] as readonly string[] | undefined
      const alarms = store.list(ALARM).map(({ attributes, facets }) => ({
        AlarmName: String(attributes['alarm_name']),
        StateValue: facets['state'] ?? 'INSUFFICIENT_DATA',
      }))
      return { MetricAlarms: alarms.filter((one) => names?.includes(one.AlarmName) ?? true) }
    },
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    GetMetricData: (input) => {
      const start = Number(input['StartTime']) * 1000
      const end = Number(input['EndTime']) * 1000
      if (!(start < end)) throw new CloudError('ValidationError', 'StartTime must be less than EndTime')
      const from = Number(input['NextToken'] ?? 0)
      const queries = input['MetricDataQueries'] as readonly Query[]
      const results = queries.map(({ Id, MetricStat: { Metric, Period, Stat } }) => {
        const all = periods(keyOf(metricOf(Metric)), { start, end, period: Period * 1000, stat: Stat })
        const values = all.slice(from, from + door.page)
        const more = all.length > from + door.page
        return {
          Id,
          StatusCode: door.status ?? (more ? 'PartialData' : 'Complete'),
          Timestamps: values.map(({ at }) => at / 1000),
          Values: values.map(({ value }) => value),
        }
      })
      const more = results.some(({ StatusCode }) => StatusCode === 'PartialData')
      return { MetricDataResults: results, ...(more ? { NextToken: String(from + door.page) } : {}) }
    },
  }
  const periods = (key: string, { start, end, period, stat }: Span) => {
    const values = new Map<number, number[]>()
    for (const sample of samples) {
      const at = Math.floor(sample.at / period) * period
      // A period is told when it is over.
      if (sample.key !== key || at < start || at >= end || at + period > clock.now()) continue
      values.set(at, [...(values.get(at) ?? []), sample.value])
    }
    return [...values]
      .map(([at, all]) => ({ at, value: statistic(stat, all) }))
      .toSorted((a, b) => b.at - a.at)
  }
  const opened = await openJsonDoor('1.0', (name, input) => {
    const call = calls[name]
    if (call === undefined) throw new CloudError('InvalidAction', `${name} is not simulated`)
    return call(input)
  })
  const door: CloudWatchDoor = Object.assign(opened, {
    page: 1000,
    status: undefined,
    alarm: (name: string, state: AlarmState): void => {
      const found = store.find(ALARM, (attributes) => attributes['alarm_name'] === name)
      const record = found ?? {
        provider: 'aws' as const,
        type: ALARM,
        key: name,
        attributes: { alarm_name: name },
      }
      store.put({ ...record, facets: { ...found?.facets, state } })
    },
    count: (metric: Metric, value: number): void => {
      samples.push({ key: keyOf(metric), at: Math.floor(clock.now() / MINUTE) * MINUTE, value })
    },
  })
  return door
}

interface Span {
  readonly start: number
  readonly end: number
  readonly period: number
  readonly stat: string
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html */
function statistic(stat: string, values: readonly number[]): number {
  const percentile = /^p(\d+(?:\.\d+)?)$/.exec(stat)?.[1]
  if (stat === 'Sum') return values.reduce((sum, value) => sum + value, 0)
  if (stat === 'SampleCount') return values.length
  if (percentile === undefined) throw new CloudError('InvalidParameterValue', `${stat} is not simulated`)
  const rank = Math.ceil((Number(percentile) / 100) * values.length)
  return values.toSorted((a, b) => a - b)[rank - 1] ?? Number.NaN
}

interface Query {
  readonly Id: string
  readonly MetricStat: { readonly Metric: MetricJson; readonly Period: number; readonly Stat: string }
}

interface MetricJson {
  readonly Namespace: string
  readonly MetricName: string
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[]
}

const metricOf = ({ Namespace, MetricName, Dimensions }: MetricJson): Metric => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
})

/** A metric is named by all of its dimensions. */
const keyOf = ({ namespace, name, dimensions }: Metric): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1))])
