import { MonitoringDashboard } from '@cdktf/provider-google/lib/monitoring-dashboard/index.js'
import { Construct } from 'constructs'

export interface DashboardProps {
  /** Name in Cloud Monitoring. */
  readonly name: string
  /** Title -> what is drawn. */
  readonly charts: Readonly<Record<string, Chart>>
}

export interface Chart {
  /** Which series: https://cloud.google.com/monitoring/api/v3/filters */
  readonly filter: string
  readonly align: 'ALIGN_RATE' | 'ALIGN_MEAN' | 'ALIGN_PERCENTILE_99'
  /** Label that tells the lines apart. */
  readonly by: string
}

const WIDTH = 24
const HEIGHT = 16

/** A dashboard of Cloud Monitoring, two charts a row. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { name, charts }: DashboardProps) {
    super(scope, id)
    // https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards
    const tiles = Object.entries(charts).map(([title, { filter, align, by }], index) => ({
      xPos: (index % 2) * WIDTH,
      yPos: Math.floor(index / 2) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      widget: {
        title,
        xyChart: {
          dataSets: [
            {
              plotType: 'LINE',
              targetAxis: 'Y1',
              timeSeriesQuery: {
                timeSeriesFilter: {
                  filter,
                  aggregation: {
                    alignmentPeriod: '60s',
                    perSeriesAligner: align,
                    crossSeriesReducer: 'REDUCE_MEAN',
                    groupByFields: [by],
                  },
                },
              },
            },
          ],
        },
      },
    }))
    new MonitoringDashboard(this, 'dashboard', {
      dashboardJson: JSON.stringify({ displayName: name, mosaicLayout: { columns: 48, tiles } }),
    })
  }
}
