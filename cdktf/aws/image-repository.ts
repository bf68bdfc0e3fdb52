import { EcrLifecyclePolicy } from '@cdktf/provider-aws/lib/ecr-lifecycle-policy/index.js'
import { EcrRepository } from '@cdktf/provider-aws/lib/ecr-repository/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

export interface ImageRepositoryProps {
  /** `filmlens-production/api`. */
  readonly name: string
  /**
   * Images without a tag are removed after these days.
   * @default 14
   */
  readonly untaggedDays?: number
  /**
   * Most images with a tag; the oldest go. Releases before them cannot be rolled back to.
   * @default 200
   */
  readonly keep?: number
  /**
   * Cannot be deleted while it holds images.
   * @default true
   */
  readonly protect?: boolean
}

/** An ECR repository whose tags are never moved, and that is scanned on push. */
export class ImageRepository extends Construct {
  readonly uri: string
  readonly arn: string

  constructor(scope: Construct, id: string, props: ImageRepositoryProps) {
    super(scope, id)
    const { name, untaggedDays = 14, keep = 200, protect = true } = props
    const repository = new EcrRepository(this, 'repository', {
      name,
      imageTagMutability: 'IMMUTABLE',
      ...(protect ? {} : { forceDelete: true }),
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: 'AES256' }],
    })
    accept(repository, { CKV_AWS_136: PROVIDER_KEY })
    this.uri = repository.repositoryUrl
    this.arn = repository.arn
    const expire = (rulePriority: number, description: string, selection: object) => ({
      rulePriority,
      description,
      selection,
      action: { type: 'expire' },
    })
    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    new EcrLifecyclePolicy(this, 'lifecycle', {
      repository: repository.name,
      policy: JSON.stringify({
        rules: [
          expire(1, `Untagged for ${untaggedDays} days`, {
            tagStatus: 'untagged',
            countType: 'sinceImagePushed',
            countUnit: 'days',
            countNumber: untaggedDays,
          }),
          expire(2, `All but the newest ${keep}`, {
            tagStatus: 'any',
            countType: 'imageCountMoreThan',
            countNumber: keep,
          }),
        ],
      }),
    })
  }
}
