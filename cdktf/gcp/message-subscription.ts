import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js'
import { Construct } from 'constructs'
import { usageError } from '../../src/domain/error.ts'
import { pubsubProblems } from '../../src/domain/system/pubsub.ts'
import { WEEK } from './message-topic.ts'

/** Where messages are pushed to, and as whom. */
export interface Push {
  /** URL of the receiver, `https://...`. */
  readonly url: string
  /** Path at it. */
  readonly path: string
  /** Address of the service account whose identity the token carries; it may call the receiver, and nothing else. */
  readonly identity: string
}

export interface MessageSubscriptionProps {
  readonly name: string
  /** Id of the topic. */
  readonly topic: string
  /** Member that moves messages to the dead letters. */
  readonly agent: string
  /** Milliseconds to acknowledge a message before it is sent again; 10 s to 10 min. */
  readonly ackDeadline: number
  /** Milliseconds between two deliveries; it grows from the one to the other; at most 10 min. */
  readonly retryDelay: { readonly min: number; readonly max: number }
  /** Deliveries before a message is given up, 5 to 100; only with dead letters. */
  readonly retries: number
  /**
   * Id of the topic of dead letters.
   * @default none: a message is tried again until its week is over
   */
  readonly deadLetterTopic?: string
  /**
   * Sends messages to a service.
   * @default the subscriber asks for them
   */
  readonly push?: Push
}

/** A subscription of Pub/Sub that stays even if nobody reads it for a month. */
export class MessageSubscription extends Construct {
  readonly name: string
  /** `projects/<project>/subscriptions/<name>`. */
  readonly id: string

  constructor(scope: Construct, id: string, props: MessageSubscriptionProps) {
    super(scope, id)
    const { name, topic, agent, ackDeadline, retryDelay, retries, deadLetterTopic, push } = props
    check(props)
    const subscription = new PubsubSubscription(this, 'subscription', {
      name,
      topic,
      ackDeadlineSeconds: Math.round(ackDeadline / 1000),
      messageRetentionDuration: WEEK,
      expirationPolicy: { ttl: '' },
      retryPolicy: { minimumBackoff: seconds(retryDelay.min), maximumBackoff: seconds(retryDelay.max) },
      ...(deadLetterTopic === undefined
        ? {}
        : { deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: retries } }),
      ...(push === undefined
        ? {}
        : {
            pushConfig: {
              pushEndpoint: `${push.url}${push.path}`,
              // Cloud Run accepts tokens for the service's own URL, without a path.
              oidcToken: { serviceAccountEmail: push.identity, audience: push.url },
            },
          }),
    })
    this.name = name
    this.id = subscription.id
    if (deadLetterTopic === undefined) return
    // Who moves a message also takes it off the subscription: https://cloud.google.com/pubsub/docs/dead-letter-topics
    new PubsubSubscriptionIamMember(this, 'takes-off', {
      subscription: subscription.name,
      role: 'roles/pubsub.subscriber',
      member: agent,
    })
  }
}

function check(props: MessageSubscriptionProps): void {
  const [problem] = pubsubProblems({ ...props, deadLetter: props.deadLetterTopic !== undefined })
  if (problem === undefined) return
  throw usageError({
    what: `subscription ${props.name}: ${problem.key} is ${problem.found}`,
    rule: problem.rule,
    remedy: `change topics.<name>.${problem.key} in sluice.yml`,
  })
}

const seconds = (milliseconds: number): string => `${milliseconds / 1000}s`
