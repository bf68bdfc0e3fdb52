import { CloudwatchDashboard } from '@cdktf/provider-aws/lib/cloudwatch-dashboard/index.js'
import { Construct } from 'constructs'

export interface DashboardProps {
  readonly name: string
  readonly region: string
  /**
   * Title -> search expression, so that what comes later is shown without a change.
   * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
   */
  readonly charts: Readonly<Record<string, string>>
}

const WIDTH = 12
const HEIGHT = 6

/** A CloudWatch dashboard, two charts a row. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { name, region, charts }: DashboardProps) {
    super(scope, id)
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    const widgets = Object.entries(charts).map(([title, expression], index) => ({
      type: 'metric',
      x: (index % 2) * WIDTH,
      y: Math.floor(index / 2) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, region, metrics: [[{ expression }]], view: 'timeSeries' },
    }))
    new CloudwatchDashboard(this, 'dashboard', {
      dashboardName: name,
      dashboardBody: JSON.stringify({ widgets }),
    })
  }
}
