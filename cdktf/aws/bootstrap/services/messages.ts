import { named, type Permissions } from './row.ts'

/** Topics and queues. */
export const MESSAGES = {
  sns: {
    types: ['aws_sns_'],
    read: ['sns:GetSubscriptionAttributes', 'sns:GetTopicAttributes', 'sns:ListTagsForResource'],
    write: named(
      'sns',
      [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:SetSubscriptionAttributes',
        'sns:SetTopicAttributes',
        'sns:Subscribe',
        'sns:TagResource',
        'sns:Unsubscribe',
        'sns:UntagResource',
      ],
      'PREFIX-*',
    ),
  },
  sqs: {
    types: ['aws_sqs_'],
    read: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ListQueueTags'],
    write: named(
      'sqs',
      ['sqs:CreateQueue', 'sqs:DeleteQueue', 'sqs:SetQueueAttributes', 'sqs:TagQueue', 'sqs:UntagQueue'],
      'PREFIX-*',
    ),
  },
} satisfies Permissions
