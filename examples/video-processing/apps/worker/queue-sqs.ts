import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { Queue } from './queue.ts'

/** Seconds that SQS holds a question open (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html). */
const LONG_POLL = 20
/** Milliseconds for a call, beside the time that SQS holds it open: the SDK itself waits without end. */
const PATIENCE = 10_000

/** A queue of SQS, or of what AWS_ENDPOINT_URL_SQS names. */
export function sqsQueue(QueueUrl: string): Queue {
  const client = new SQSClient({})
  return {
    async receive(signal) {
      const question = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 1,
        WaitTimeSeconds: LONG_POLL,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      })
      const patience = AbortSignal.timeout(LONG_POLL * 1000 + PATIENCE)
      const abortSignal = AbortSignal.any([signal, patience])
      const { Messages: [message] = [] } = await client.send(question, { abortSignal })
      if (message?.ReceiptHandle === undefined) return undefined
      const times = Number(message.Attributes?.ApproximateReceiveCount ?? 1)
      return { body: message.Body ?? '', times, receipt: message.ReceiptHandle }
    },
    async remove({ receipt: ReceiptHandle }) {
      const command = new DeleteMessageCommand({ QueueUrl, ReceiptHandle })
      await client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE) })
    },
    async putBack({ receipt: ReceiptHandle }, VisibilityTimeout) {
      const command = new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout })
      await client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE) })
    },
  }
}
