import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import type { Announce } from './announce.ts'

/** Publishes to SNS, or to what AWS_ENDPOINT_URL_SNS names. @param topic its ARN */
export function snsAnnounce(topic: string, region: string): Announce {
  const client = new SNSClient({ region })
  return async (video) => {
    await client.send(new PublishCommand({ TopicArn: topic, Message: JSON.stringify({ video }) }))
  }
}
