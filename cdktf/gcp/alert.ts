import { MonitoringAlertPolicy } from '@cdktf/provider-google/lib/monitoring-alert-policy/index.js'
import { Construct } from 'constructs'

export interface AlertProps {
  /** Name in Cloud Monitoring. */
  readonly name: string
  /** What is wrong when it rings, in a sentence. */
  readonly description: string
  /** Which series: https://cloud.google.com/monitoring/api/v3/filters */
  readonly filter: string
  /** How the values of a minute become one, and how series become one. */
  readonly align: 'ALIGN_DELTA' | 'ALIGN_MEAN' | 'ALIGN_PERCENTILE_99' | 'ALIGN_MAX'
  readonly reduce: 'REDUCE_SUM' | 'REDUCE_MEAN' | 'REDUCE_MAX'
  /** Rings above this. */
  readonly above: number
  /**
   * Minutes in a row.
   * @default 3
   */
  readonly minutes?: number
}

/** An alert policy of Cloud Monitoring. No data is no alarm: rollouts look for traffic of their own. */
export class Alert extends Construct {
  /** `projects/<project>/alertPolicies/<number>`. */
  readonly name: string

  constructor(scope: Construct, id: string, props: AlertProps) {
    super(scope, id)
    const { name, description, filter, align, reduce, above, minutes = 3 } = props
    const policy = new MonitoringAlertPolicy(this, 'policy', {
      displayName: name,
      combiner: 'OR',
      conditions: [
        {
          displayName: description,
          conditionThreshold: {
            filter,
            comparison: 'COMPARISON_GT',
            thresholdValue: above,
            duration: `${minutes * 60}s`,
            evaluationMissingData: 'EVALUATION_MISSING_DATA_INACTIVE',
            aggregations: [{ alignmentPeriod: '60s', perSeriesAligner: align, crossSeriesReducer: reduce }],
            trigger: { count: 1 },
          },
        },
      ],
      documentation: { content: description, mimeType: 'text/markdown' },
      alertStrategy: { autoClose: '1800s' },
    })
    this.name = policy.name
  }
}
