import { SsmParameter } from '@cdktf/provider-aws/lib/ssm-parameter/index.js'
import { Construct } from 'constructs'
import { accept } from '../core/accept.ts'
import type { Statement } from '../core/policy.ts'

export interface ReleasedImageProps {
  /** `/sluice/films/production/workers/detector/image`. */
  readonly name: string
  readonly account: string
  readonly region: string
  /** What stands there until the first rollout: a tag that no image has. */
  readonly template: string
}

/**
 * Where machines look up which image is live when they boot. Rollouts write it, plans leave it alone: a launch template holds
 * no digest, so a new machine of an old template runs what was released last.
 */
export class ReleasedImage extends Construct {
  readonly name: string
  /** What a machine may do with it: read. */
  readonly statement: Statement

  constructor(scope: Construct, id: string, props: ReleasedImageProps) {
    super(scope, id)
    const { name, account, region, template } = props
    const parameter = new SsmParameter(this, 'parameter', {
      name,
      type: 'String',
      insecureValue: template,
      description: 'The image that is live: written by rollouts',
      lifecycle: { ignoreChanges: ['value', 'insecure_value', 'version'] },
    })
    accept(parameter, {
      CKV2_AWS_34: 'the reference of an image is no secret',
    })
    this.name = name
    this.statement = {
      actions: ['ssm:GetParameter'],
      resources: [`arn:aws:ssm:${region}:${account}:parameter${name}`],
    }
  }
}
