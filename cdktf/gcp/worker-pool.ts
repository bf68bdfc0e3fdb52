import { CloudRunV2WorkerPool } from '@cdktf/provider-google/lib/cloud-run-v2-worker-pool/index.js'
import { Construct } from 'constructs'
import type { RunProps } from './run-props.ts'

/** Google's own image that waits: Cloud Run makes no pool without one that starts. */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/worker-pool'

/**
 * A worker pool of Cloud Run: copies that take no requests. It starts with none; revisions and their number belong to rollouts,
 * and every later plan leaves them alone.
 */
export class WorkerPool extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, { name, location, account }: RunProps) {
    super(scope, id)
    const pool = new CloudRunV2WorkerPool(this, 'pool', {
      name,
      location,
      deletionProtection: false,
      scaling: { scalingMode: 'MANUAL', manualInstanceCount: 0 },
      template: { serviceAccount: account, containers: [{ image: PLACEHOLDER }] },
      lifecycle: { ignoreChanges: ['template', 'instance_splits', 'scaling', 'client', 'client_version'] },
    })
    this.name = pool.name
  }
}
