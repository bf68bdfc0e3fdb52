import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
  type LifecycleRule as S3LifecycleRule,
} from '@aws-sdk/client-s3'
import { SluiceError } from '../../domain/error.ts'
import {
  type BucketPart,
  type BucketSettings,
  type LifecycleRule,
  lifecycleRules,
  tlsOnlyPolicy,
} from './bucket-rules.ts'
import type { AwsSession } from './session.ts'
import { awsTrouble, codeOf, statusOf } from './trouble.ts'

/** One bucket of the account. Every call about it names the owner that is expected, so a foreign bucket answers 403. */
export class StateBucket {
  readonly name: string
  readonly #session: AwsSession
  readonly #s3: S3Client

  constructor(session: AwsSession, name: string) {
    this.name = name
    this.#session = session
    const { endpoint } = session.clients
    this.#s3 = new S3Client({
      ...session.clients,
      ...(endpoint === undefined ? {} : { forcePathStyle: true }),
    })
  }

  close(): void {
    this.#s3.destroy()
  }

  /**
   * @throws SluiceError refused where the bucket belongs to another account, or stands in another region
   */
  async exists(): Promise<boolean> {
    try {
      await this.#s3.send(new HeadBucketCommand(this.#who), this.#session.call)
    } catch (error) {
      if (statusOf(error) === 404) return false
      if (statusOf(error) === 403) throw this.#foreign(error)
      if (statusOf(error) === 301) throw this.#elsewhere('another region', error)
      throw awsTrouble(`looking for the bucket ${this.name}`, error)
    }
    const { LocationConstraint } = await this.#ask('its region', () =>
      this.#s3.send(new GetBucketLocationCommand(this.#who), this.#session.call),
    )
    // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: the first region has no name, the second an old one.
    const named = LocationConstraint === 'EU' ? 'eu-west-1' : LocationConstraint
    const region = named === undefined || String(named) === '' ? 'us-east-1' : named
    if (region !== this.#session.region) throw this.#elsewhere(region)
    return true
  }

  /** `made`, or `lost` where another call at the same moment made it, or is about to. */
  async create(): Promise<'made' | 'lost'> {
    const { region, call } = this.#session
    try {
      await this.#s3.send(
        new CreateBucketCommand({
          Bucket: this.name,
          ObjectOwnership: 'BucketOwnerEnforced',
          ...(region === 'us-east-1'
            ? {}
            : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } }),
        }),
        call,
      )
      return 'made'
    } catch (error) {
      const code = codeOf(error)
      // The answer to a first call that had its effect may be lost: then it is ours already.
      if (code === 'BucketAlreadyOwnedByYou' || code === 'OperationAborted') return 'lost'
      if (code === 'BucketAlreadyExists') throw this.#foreign(error)
      throw awsTrouble(`making the bucket ${this.name}`, error)
    }
  }

  async settings(): Promise<BucketSettings> {
    const { call } = this.#session
    const s3 = this.#s3
    const who = this.#who
    const [versioning, encryption, access, ownership, policy, lifecycle] = await Promise.all([
      this.#ask('its versioning', () => s3.send(new GetBucketVersioningCommand(who), call)),
      this.#ask('its encryption', () => s3.send(new GetBucketEncryptionCommand(who), call), [
        'ServerSideEncryptionConfigurationNotFoundError',
      ]),
      this.#ask('its public access', () => s3.send(new GetPublicAccessBlockCommand(who), call), [
        'NoSuchPublicAccessBlockConfiguration',
      ]),
      this.#ask('its ownership', () => s3.send(new GetBucketOwnershipControlsCommand(who), call), [
        'OwnershipControlsNotFoundError',
      ]),
      this.#ask('its policy', () => s3.send(new GetBucketPolicyCommand(who), call), ['NoSuchBucketPolicy']),
      this.#ask('its lifecycle', () => s3.send(new GetBucketLifecycleConfigurationCommand(who), call), [
        'NoSuchLifecycleConfiguration',
      ]),
    ])
    const rules = encryption.ServerSideEncryptionConfiguration?.Rules ?? []
    const algorithms = rules.map((rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm)
    return {
      versioning: versioning.Status,
      encryption: algorithms.filter((algorithm) => algorithm !== undefined),
      publicAccess: access.PublicAccessBlockConfiguration,
      ownership: ownership.OwnershipControls?.Rules?.[0]?.ObjectOwnership,
      policy: policy.Policy,
      lifecycle: (lifecycle.Rules ?? []) as readonly object[] as readonly LifecycleRule[],
    }
  }

  /** Sets one part as it must be, over what was found; not where somebody sets one of this bucket at the same moment. */
  async put(part: BucketPart, found: BucketSettings): Promise<void> {
    try {
      await this.#put(part, found)
    } catch (error) {
      if (codeOf(error) === 'OperationAborted') return
      throw awsTrouble(`setting ${part} of the bucket ${this.name}`, error)
    }
  }

  async #put(part: BucketPart, found: BucketSettings): Promise<unknown> {
    const { call } = this.#session
    const s3 = this.#s3
    const who = this.#who
    switch (part) {
      case 'public access block':
        return s3.send(
          new PutPublicAccessBlockCommand({
            ...who,
            PublicAccessBlockConfiguration: {
              BlockPublicAcls: true,
              IgnorePublicAcls: true,
              BlockPublicPolicy: true,
              RestrictPublicBuckets: true,
            },
          }),
          call,
        )
      case 'ownership enforced': {
        const Rules = [{ ObjectOwnership: 'BucketOwnerEnforced' as const }]
        return s3.send(new PutBucketOwnershipControlsCommand({ ...who, OwnershipControls: { Rules } }), call)
      }
      case 'encryption': {
        const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' as const } }]
        const ServerSideEncryptionConfiguration = { Rules }
        return s3.send(new PutBucketEncryptionCommand({ ...who, ServerSideEncryptionConfiguration }), call)
      }
      case 'TLS only': {
        const Policy = tlsOnlyPolicy(this.name, found.policy)
        return s3.send(new PutBucketPolicyCommand({ ...who, Policy }), call)
      }
      case 'versioning': {
        const VersioningConfiguration = { Status: 'Enabled' as const }
        return s3.send(new PutBucketVersioningCommand({ ...who, VersioningConfiguration }), call)
      }
      case 'lifecycle of old versions': {
        const Rules = lifecycleRules(found.lifecycle) as readonly object[] as S3LifecycleRule[]
        const LifecycleConfiguration = { Rules }
        return s3.send(new PutBucketLifecycleConfigurationCommand({ ...who, LifecycleConfiguration }), call)
      }
      default:
        return part satisfies never
    }
  }

  get #who(): { readonly Bucket: string; readonly ExpectedBucketOwner: string } {
    return { Bucket: this.name, ExpectedBucketOwner: this.#session.account }
  }

  /** The answer; an empty one where S3 says by one of these codes that nothing is set. */
  async #ask<T>(what: string, call: () => Promise<T>, none: readonly string[] = []): Promise<Partial<T>> {
    try {
      return await call()
    } catch (error) {
      if (none.includes(codeOf(error))) return {}
      throw awsTrouble(`asking the bucket ${this.name} for ${what}`, error)
    }
  }

  #foreign(cause: unknown): SluiceError {
    return new SluiceError(
      'refused',
      'user',
      {
        what: `the bucket ${this.name} does not belong to account ${this.#session.account}, or may not be seen by it`,
        rule: 'states are written into a bucket of the own account only: whoever owns the bucket reads and changes them',
        remedy: `find out who made it; if it is yours, the credentials need s3:ListBucket on it`,
      },
      { cause },
    )
  }

  #elsewhere(region: string, cause?: unknown): SluiceError {
    return new SluiceError(
      'refused',
      'user',
      {
        what: `the bucket ${this.name} stands in ${region}, not in ${this.#session.region}`,
        rule: 'the states of an environment lie in its region, as the name of the bucket says',
        remedy:
          'find out what the bucket holds; move that away and delete the bucket, then run bootstrap again',
      },
      { cause },
    )
  }
}
