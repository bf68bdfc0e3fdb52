import { expect, test } from 'vitest'
import { openAnnounce } from '../apps/shared/announce.ts'

test.each([
  'uploaded',
  'projects/p/subscriptions/uploaded',
  'arn:aws:sqs:us-east-1:222222222222:uploaded',
  'arn:aws:sns:us-east-1:222222222222:uploaded:of-a-subscription',
  '',
])('%j is no topic of either cloud, which is said before anything is sent', async (topic) => {
  await expect(openAnnounce(topic, {})).rejects.toThrow(`${topic} is no topic; expected projects/`)
})
