import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { rollOutInCloud } from './video-cloud.ts'
import { openVideoSite, type VideoSite } from './video-site.ts'
import { clip, look, post, promise, type Video, type Visitor, visit } from './video-visitor.ts'

const NEEDED = ['tofu', 'plugin protocol', 'ffmpeg', 'fake-gcs-server', 'pubsub-emulator', 'npm registry']

/**
 * The same services as Google Cloud has them. Applied and rolled out in the simulated cloud, they are started with the
 * variables of the revision that takes its traffic, beside Google's emulator of Pub/Sub, fake-gcs-server and PostgreSQL
 * behind a socket.
 */
describeReal('video-processing on Google Cloud', NEEDED, () => {
  let site: VideoSite
  let ada: Visitor
  beforeAll(async () => {
    site = await openVideoSite(await rollOutInCloud('video-processing'))
    ada = await visit(site.web, 'ada@example.com')
  }, 400_000)
  afterAll(() => site[Symbol.asyncDispose](), 60_000)

  const uploaded = async (bytes: Buffer): Promise<Video> => {
    const answer = await ada.upload(bytes)
    expect(answer.status, await answer.clone().text()).toBe(202)
    return (await answer.json()) as Video
  }
  const messageOf = (id: string): object => ({
    data: Buffer.from(JSON.stringify({ video: id })).toString('base64'),
  })

  test('a video goes through the bucket and the topic, and comes back converted', async () => {
    const source = clip({ seconds: 20, size: '800x600' })
    const { id } = await uploaded(source)
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted', attempts: 1 })
    const answer = await ada.get(`/videos/${id}/content`)
    expect(answer.headers.get('content-type')).toBe('video/mp4')
    const content = Buffer.from(await answer.arrayBuffer())
    expect(look(content)).toMatchObject({ width: 640, height: 360, seconds: 20 })
    const listed = await fetch(`${site.storage}/storage/v1/b/${site.bucket}/o`)
    const { items } = (await listed.json()) as { items: { name: string; size: string }[] }
    const sizes = Object.fromEntries(items.map(({ name, size }) => [name, Number(size)]))
    expect(sizes).toEqual({ [`uploads/${id}`]: source.length, [`converted/${id}.mp4`]: content.length })
  }, 120_000)

  test('a poisoned message lies with the dead letters after its attempts', async () => {
    const data = Buffer.from('poison').toString('base64')
    await site.pubsub.call('POST', `${site.topic}:publish`, { messages: [{ data }] })
    const dead = `${site.topic.replace('/topics/', '/subscriptions/')}-dead`
    const given = await found(async () => {
      const { receivedMessages } = await site.pubsub.call('POST', `${dead}:pull`, { maxMessages: 10 })
      return receivedMessages as { message: { data: string } }[] | undefined
    })
    expect(given.map(({ message }) => message.data)).toEqual([data])
  }, 120_000)

  test('R28 a worker that is killed mid-video has converted it after its restart, once', async () => {
    const { id } = await uploaded(clip({ seconds: 18, size: '1920x1080' }))
    await ada.until(id, 'converting')
    await site.killWorker()
    const done = await ada.until(id, 'converted', 'failed')
    expect(done).toMatchObject({ state: 'converted', attempts: 2 })
    expect((await post(`${site.worker}/messages`, { message: messageOf(id) })).status).toBe(204)
    expect(await (await ada.get(`/videos/${id}`)).json()).toEqual(done)
  }, 180_000)

  test('two deliveries of one message at the same time convert it once', async () => {
    const { id } = await uploaded(clip({ seconds: 5, size: '640x480' }))
    const deliver = (): Promise<Response> => post(`${site.worker}/messages`, { message: messageOf(id) })
    const answers = await Promise.all([deliver(), deliver(), deliver()])
    expect(answers.every(({ ok }) => ok)).toBe(true)
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted', attempts: 1 })
  }, 120_000)

  test('the sweep reaches the database and the topic in the same way', async () => {
    expect(await site.sweep(0)).toBe('announced again: 0\n')
  })

  test('a request larger than Cloud Run takes is refused by the service itself', async () => {
    expect(await promise(site.web, ada.token, 31 * 1024 * 1024 + 1)).toContain('413 ')
  })
})

async function found<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const value = await look()
    if (value !== undefined) return value
    await wait(50)
  }
}
