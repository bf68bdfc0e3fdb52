import { CloudRunV2Job } from '@cdktf/provider-google/lib/cloud-run-v2-job/index.js'
import { Construct } from 'constructs'
import type { RunProps } from './run-props.ts'

/** Google's own image that ends at once: Cloud Run makes no job of an image that it cannot find. */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/job'

/**
 * A job of Cloud Run. It is never started as it is: a run gives it the digest of its image first, and what runs moved is left
 * alone by every later plan.
 */
export class CloudRunJob extends Construct {
  readonly name: string

  constructor(scope: Construct, id: string, { name, location, account }: RunProps) {
    super(scope, id)
    const job = new CloudRunV2Job(this, 'job', {
      name,
      location,
      deletionProtection: false,
      template: {
        template: { serviceAccount: account, maxRetries: 0, containers: [{ image: PLACEHOLDER }] },
      },
      lifecycle: { ignoreChanges: ['template', 'client', 'client_version'] },
    })
    this.name = job.name
  }
}
