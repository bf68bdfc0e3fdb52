import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js'
import { Construct } from 'constructs'
import type { RunProps } from './run-props.ts'

export interface CloudRunServiceProps extends RunProps {
  /**
   * Who reaches it: the network of the environment, its load balancer too, or everybody.
   * @default network
   */
  readonly reach?: 'network' | 'load-balancer' | 'internet'
}

const INGRESS = {
  network: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
  'load-balancer': 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
  internet: 'INGRESS_TRAFFIC_ALL',
} as const

/** Google's own image that answers at PORT: Cloud Run makes no service without one that starts. */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/hello'

/** What releases and operations move, and what says who did. */
export const MOVED_BY_ROLLOUTS = ['template', 'traffic', 'scaling', 'client', 'client_version']

/**
 * A service of Cloud Run. It starts with a placeholder, which no request wakes until somebody sends one: the first rollout
 * gives it what it runs. Revision, traffic and scaling belong to rollouts, and every later plan leaves them alone. Callers
 * prove who they are (roles/run.invoker) unless it is public.
 */
export class CloudRunService extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, props: CloudRunServiceProps) {
    super(scope, id)
    const { name, location, account, reach = 'network' } = props
    const service = new CloudRunV2Service(this, 'service', {
      name,
      location,
      ingress: INGRESS[reach],
      invokerIamDisabled: reach !== 'network',
      // It holds nothing: `operate destroy` takes it away.
      deletionProtection: false,
      template: {
        serviceAccount: account,
        containers: [{ image: PLACEHOLDER }],
        scaling: { minInstanceCount: 0, maxInstanceCount: 1 },
      },
      lifecycle: { ignoreChanges: MOVED_BY_ROLLOUTS },
    })
    this.name = service.name
  }
}
