import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import type { Announce } from './announce.ts'

/** Milliseconds for one announcement, however often it is tried. */
const PATIENCE = 10_000

/** Publishes to SNS, or to what AWS_ENDPOINT_URL_SNS names. @param topic its ARN */
export function snsAnnounce(topic: string, region: string): Announce {
  const client = new SNSClient({ region })
  return async (video) => {
    const command = new PublishCommand({ TopicArn: topic, Message: JSON.stringify({ video }) })
    await client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE) })
  }
}
