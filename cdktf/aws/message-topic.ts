import { SnsTopic } from '@cdktf/provider-aws/lib/sns-topic/index.js'
import { SnsTopicSubscription } from '@cdktf/provider-aws/lib/sns-topic-subscription/index.js'
import { SqsQueue } from '@cdktf/provider-aws/lib/sqs-queue/index.js'
import { SqsQueuePolicy } from '@cdktf/provider-aws/lib/sqs-queue-policy/index.js'
import { Construct } from 'constructs'
import { policyDocument } from '../core/policy.ts'

/** SQS keeps a message for this long at most, in seconds. */
const FORTNIGHT = 1_209_600

export interface MessageTopicProps {
  readonly name: string
  /** Milliseconds to acknowledge a message before it is sent again; at most 12 hours. */
  readonly ackDeadline: number
  /** Deliveries before a message is given up. */
  readonly retries: number
  /**
   * Keeps messages that were given up, for 14 days.
   * @default true
   */
  readonly deadLetter?: boolean
}

/** An SNS topic with one subscription, an SQS queue, and a queue of dead letters. All are encrypted. */
export class MessageTopic extends Construct {
  readonly topicArn: string
  readonly queueArn: string
  readonly queueUrl: string
  /** Name of the queue of dead letters, for an alarm. */
  readonly deadLetters: string | undefined

  constructor(scope: Construct, id: string, props: MessageTopicProps) {
    super(scope, id)
    const { name, ackDeadline, retries, deadLetter = true } = props
    const topic = new SnsTopic(this, 'topic', { name, kmsMasterKeyId: 'alias/aws/sns' })
    const dead = deadLetter
      ? new SqsQueue(this, 'dead-letters', {
          name: `${name}-dead`,
          messageRetentionSeconds: FORTNIGHT,
          sqsManagedSseEnabled: true,
        })
      : undefined
    const queue = new SqsQueue(this, 'queue', {
      name,
      visibilityTimeoutSeconds: Math.max(1, Math.round(ackDeadline / 1000)),
      messageRetentionSeconds: FORTNIGHT,
      receiveWaitTimeSeconds: 20,
      sqsManagedSseEnabled: true,
      ...(dead === undefined
        ? {}
        : {
            redrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: retries }),
          }),
    })
    new SqsQueuePolicy(this, 'policy', {
      queueUrl: queue.url,
      policy: policyDocument([
        {
          principals: { Service: 'sns.amazonaws.com' },
          actions: ['sqs:SendMessage'],
          resources: [queue.arn],
          conditions: { ArnEquals: { 'aws:SourceArn': topic.arn } },
        },
      ]),
    })
    new SnsTopicSubscription(this, 'subscription', {
      topicArn: topic.arn,
      protocol: 'sqs',
      endpoint: queue.arn,
      rawMessageDelivery: true,
    })
    this.topicArn = topic.arn
    this.queueArn = queue.arn
    this.queueUrl = queue.url
    this.deadLetters = dead?.name
  }
}
