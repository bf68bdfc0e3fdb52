import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js'
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js'
import { Construct } from 'constructs'
import { accept, PROVIDER_KEY } from '../core/accept.ts'

/** Pub/Sub keeps a message that nobody acknowledged for this long, unless it is told otherwise. */
export const WEEK = '604800s'
/** The longest time of a subscription's backlog. */
const MONTH = '2678400s'

export interface MessageTopicProps {
  readonly name: string
  /** The one region in which messages are kept. */
  readonly region: string
  /** Member that moves messages: `serviceAccount:service-<number>@gcp-sa-pubsub.iam.gserviceaccount.com`. */
  readonly agent: string
  /**
   * Keeps messages that were given up, for 31 days.
   * @default true
   */
  readonly deadLetter?: boolean
}

/**
 * A Pub/Sub topic, and a topic of dead letters with a subscription of its own: without one, what is given up is gone. Every
 * message can be sought again for a week.
 */
export class MessageTopic extends Construct {
  readonly name: string
  /** `projects/<project>/topics/<name>`. */
  readonly id: string
  /** The topic of dead letters, once the agent may publish there. */
  readonly deadLetterTopic: string | undefined
  /** Name of the subscription of dead letters, for an alarm. */
  readonly deadLetters: string | undefined

  constructor(scope: Construct, id: string, props: MessageTopicProps) {
    super(scope, id)
    const { name, region, agent, deadLetter = true } = props
    const messageStoragePolicy = { allowedPersistenceRegions: [region] }
    const topic = new PubsubTopic(this, 'topic', {
      name,
      messageRetentionDuration: WEEK,
      messageStoragePolicy,
    })
    accept(topic, { CKV_GCP_83: PROVIDER_KEY })
    this.name = name
    this.id = topic.id
    if (!deadLetter) return
    const dead = new PubsubTopic(this, 'dead-letters', { name: `${name}-dead`, messageStoragePolicy })
    accept(dead, { CKV_GCP_83: PROVIDER_KEY })
    new PubsubTopicIamMember(this, 'gives-up', {
      topic: dead.id,
      role: 'roles/pubsub.publisher',
      member: agent,
    })
    const kept = new PubsubSubscription(this, 'kept', {
      name: `${name}-dead`,
      topic: dead.id,
      ackDeadlineSeconds: 60,
      messageRetentionDuration: MONTH,
      // Never: by default a subscription that nobody reads for a month is deleted.
      expirationPolicy: { ttl: '' },
    })
    this.deadLetterTopic = dead.id
    this.deadLetters = kept.name
  }
}
