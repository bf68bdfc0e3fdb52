import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { Queue } from './queue.ts'

/** Seconds that SQS holds a question open (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html). */
const LONG_POLL = 20

/** A queue of SQS, or of what AWS_ENDPOINT_URL_SQS names. */
export function sqsQueue(QueueUrl: string): Queue {
  const client = new SQSClient({})
  return {
    async receive(abortSignal) {
      const question = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 1,
        WaitTimeSeconds: LONG_POLL,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      })
      const { Messages: [message] = [] } = await client.send(question, { abortSignal })
      if (message?.ReceiptHandle === undefined) return undefined
      const times = Number(message.Attributes?.ApproximateReceiveCount ?? 1)
      return { body: message.Body ?? '', times, receipt: message.ReceiptHandle }
    },
    async remove({ receipt: ReceiptHandle }) {
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
    },
    async putBack({ receipt: ReceiptHandle }, VisibilityTimeout) {
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }))
    },
  }
}
