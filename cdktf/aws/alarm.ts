import { CloudwatchMetricAlarm } from '@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js'
import { Construct } from 'constructs'

export interface AlarmProps {
  /** Name in CloudWatch. */
  readonly name: string
  /** What is wrong when it rings, in a sentence. */
  readonly description: string
  readonly namespace: string
  readonly metric: string
  /** Of each series; several are added up. */
  readonly dimensions: readonly [Readonly<Record<string, string>>, ...Readonly<Record<string, string>>[]]
  readonly statistic: 'Sum' | 'Average' | 'Maximum'
  /** Rings above this. */
  readonly above: number
  /**
   * Minutes in a row.
   * @default 3
   */
  readonly minutes?: number
}

/** A CloudWatch alarm. No data is no alarm: rollouts look for traffic of their own. */
export class Alarm extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, props: AlarmProps) {
    super(scope, id)
    const { name, description, namespace, metric, dimensions, statistic, above, minutes = 3 } = props
    const [first, ...others] = dimensions
    const one = {
      namespace,
      metricName: metric,
      dimensions: { ...first },
      statistic,
      period: 60,
    }
    const sum = {
      metricQuery: [
        {
          id: 'total',
          label: metric,
          expression: dimensions.map((_, index) => `FILL(m${index}, 0)`).join(' + '),
          returnData: true,
        },
        ...dimensions.map((each, index) => ({
          id: `m${index}`,
          metric: { namespace, metricName: metric, dimensions: { ...each }, stat: statistic, period: 60 },
        })),
      ],
    }
    new CloudwatchMetricAlarm(this, 'alarm', {
      alarmName: name,
      alarmDescription: description,
      ...(others.length === 0 ? one : sum),
      evaluationPeriods: minutes,
      threshold: above,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
    })
    this.name = name
  }
}
