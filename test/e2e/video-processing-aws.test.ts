import { PublishCommand } from '@aws-sdk/client-sns'
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type AwsSite, openAwsSite } from './video-site-aws.ts'
import { clip, look, type Video, type Visitor, visit } from './video-visitor.ts'

/**
 * The environment `america`: the same services take their messages from a queue. They run with the variables that its stacks are
 * compiled to, beside an emulator of S3, SNS and SQS, and a PostgreSQL that takes TLS alone, as RDS does.
 */
describeReal('video-processing on AWS', ['ministack', 'ffmpeg', 'npm registry'], () => {
  let site: AwsSite
  let ada: Visitor
  beforeAll(async () => {
    site = await openAwsSite()
    ada = await visit(site.web, 'ada@example.com')
  }, 300_000)
  afterAll(() => site[Symbol.asyncDispose](), 60_000)

  const uploaded = async (bytes: Buffer): Promise<Video> => {
    const answer = await ada.upload(bytes)
    expect(answer.status, await answer.clone().text()).toBe(202)
    return (await answer.json()) as Video
  }
  const publish = (Message: string): Promise<unknown> =>
    site.sns.send(new PublishCommand({ TopicArn: site.topic, Message }))
  /** Text of the next message that was given up. */
  const givenUp = async (): Promise<string | undefined> => {
    const QueueUrl = site.deadLetters
    for (;;) {
      const question = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 })
      const { Messages: [message] = [] } = await site.sqs.send(question)
      if (message === undefined) continue
      await site.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }))
      return message.Body
    }
  }

  test('a video goes through the bucket, the topic and the queue, and comes back converted', async () => {
    const { id } = await uploaded(clip({ seconds: 20, size: '800x600' }))
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted', attempts: 1 })
    const answer = await ada.get(`/videos/${id}/content`)
    const content = Buffer.from(await answer.arrayBuffer())
    expect(look(content)).toMatchObject({ width: 640, height: 360, seconds: 20 })
    expect(site.database.refused()).toBe(0)
  }, 120_000)

  test('a poisoned message lies with the dead letters after five attempts, and the worker goes on', async () => {
    await publish('this is no video')
    expect(await givenUp()).toBe('this is no video')
    const { id } = await uploaded(clip({ seconds: 1, size: '64x64' }))
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted' })
  }, 120_000)

  test('what was uploaded while nobody took messages is converted, once, although the sweep announces it again', async () => {
    await site.killWorker()
    const { id } = await uploaded(clip({ seconds: 1, size: '64x64' }))
    expect(await site.sweep(0)).toBe('announced again: 1\n')
    await site.startWorker()
    const done = await ada.until(id, 'converted', 'failed')
    expect(done).toMatchObject({ state: 'converted', attempts: 1 })
    // Again, as a queue may bring a message at any time; behind it another, which is taken after it.
    await publish(JSON.stringify({ video: id }))
    const next = await uploaded(clip({ seconds: 1, size: '64x64' }))
    expect(await ada.until(next.id, 'converted', 'failed')).toMatchObject({ state: 'converted' })
    expect(await (await ada.get(`/videos/${id}`)).json()).toEqual(done)
  }, 120_000)
})
