import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeReal } from '../real.ts'
import { type CommandLine, commandLine } from './sluice.ts'
import { clip, forge, look, post, promise, type Video, type Visitor, visit } from './video-visitor.ts'

const KEY = randomBytes(32).toString('hex')

/** As its users know it: through HTTP, on one machine, with real PostgreSQL, buckets, topics and ffmpeg. */
describeReal('video-processing', ['ffmpeg', 'npm registry'], () => {
  let sluice: CommandLine
  let ada: Visitor
  let variables: Record<string, string>
  const web = (): string => variables['WEB_URL'] ?? ''

  beforeAll(async () => {
    process.env['JWT_KEY'] = KEY
    sluice = await commandLine('video-processing')
    const released = await sluice.run('release')
    expect(released.code, released.stderr).toBe(0)
    const up = await sluice.run('up', '--export')
    const lines = (up.json['lines'] as string[] | undefined) ?? up.stdout.split('\n')
    variables = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))
    ada = await visit(web(), 'ada@example.com')
  }, 300_000)
  afterAll(() => sluice.close(), 60_000)

  const uploaded = async (bytes: Buffer, query?: string): Promise<Video> => {
    const answer = await ada.upload(bytes, query)
    expect(answer.status, await answer.clone().text()).toBe(202)
    return (await answer.json()) as Video
  }
  const content = async (id: string): Promise<Buffer> => {
    const answer = await ada.get(`/videos/${id}/content`)
    expect(answer.status).toBe(200)
    return Buffer.from(await answer.arrayBuffer())
  }
  const pubsub = (path: string, body: object): Promise<Response> =>
    post(`http://${variables['PUBSUB_EMULATOR_HOST']}/v1/${path}`, body)
  /** Data of the next messages that the topic has given up. */
  const givenUp = async (): Promise<readonly string[]> => {
    const subscription = `projects/${variables['PUBSUB_PROJECT_ID']}/subscriptions/uploaded-dead`
    for (;;) {
      const answer = await (await pubsub(`${subscription}:pull`, { maxMessages: 10 })).json()
      const { receivedMessages = [] } = answer as {
        receivedMessages?: { ackId: string; message: { data: string } }[]
      }
      if (receivedMessages.length === 0) continue
      await pubsub(`${subscription}:acknowledge`, { ackIds: receivedMessages.map(({ ackId }) => ackId) })
      return receivedMessages.map(({ message }) => Buffer.from(message.data, 'base64').toString('utf8'))
    }
  }

  test('a long video comes back as 18 seconds of 640x360 with a title of one second before and after', async () => {
    const { id } = await uploaded(clip({ seconds: 25, size: '800x800' }), "?name=It's%20%25%7B100%7D%20:%20a")
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted', attempts: 1 })
    const { seconds, ...seen } = look(await content(id))
    expect(seen).toEqual({ width: 640, height: 360, codecs: ['h264', 'aac'] })
    expect(seconds).toBeCloseTo(20, 0)
  }, 120_000)

  test('a short silent one gains two seconds, in the format that was asked for', async () => {
    const { id } = await uploaded(clip({ seconds: 3, size: '320x240', silent: true }), '?format=webm')
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted' })
    const { seconds, ...seen } = look(await content(id))
    expect(seen).toEqual({ width: 640, height: 360, codecs: ['vp8'] })
    expect(seconds).toBeCloseTo(5, 0)
  }, 120_000)

  test('nobody sees the videos of another, and what is not converted yet is not downloaded', async () => {
    const bob = await visit(web(), 'bob@example.com')
    const { videos } = (await (await ada.get('/videos?limit=1')).json()) as { videos: Video[] }
    const [{ id } = { id: '' }] = videos
    expect((await ada.get(`/videos/${id}`)).status).toBe(200)
    expect((await bob.get(`/videos/${id}`)).status).toBe(404)
    expect((await bob.get(`/videos/${id}/content`)).status).toBe(404)
    expect(await (await bob.get('/videos')).json()).toEqual({ videos: [] })
  })

  test('a wrong, an expired, an unsigned and an absent token are refused', async () => {
    const issued = {
      iss: 'video-processing',
      aud: 'video-processing',
      sub: '5802c77d-b0b6-401f-b1f1-0ec59572fe49',
    }
    const now = Math.floor(Date.now() / 1000)
    const status = async (token: string): Promise<readonly [number, string]> => {
      const answer = await fetch(`${web()}/videos`, { headers: { authorization: `Bearer ${token}` } })
      return [answer.status, await answer.text()]
    }
    expect(await status(forge(KEY, { ...issued, exp: now + 60 }))).toEqual([200, '{"videos":[]}'])
    expect(await status(forge(KEY, { ...issued, exp: now - 60 }))).toEqual([
      401,
      expect.stringContaining('expired'),
    ])
    expect((await status(forge('another key', { ...issued, exp: now + 60 })))[0]).toBe(401)
    expect((await status(forge(KEY, { ...issued, exp: now + 60 }, { alg: 'none' })))[0]).toBe(401)
    expect((await status(forge(KEY, issued)))[0]).toBe(401)
    expect((await fetch(`${web()}/videos`)).status).toBe(401)
  })

  test('what is not a video is refused, and so is a playlist that would read files of the machine', async () => {
    expect((await ada.upload(randomBytes(4096))).status).toBe(415)
    expect((await ada.upload(Buffer.alloc(0))).status).toBe(415)
    const playlist = '#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'
    expect((await ada.upload(Buffer.from(playlist))).status).toBe(415)
    expect((await ada.upload(Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n"))).status).toBe(415)
  })

  test('an upload of 5 GB is refused by its first line, before it is sent', async () => {
    expect(await promise(web(), ada.token, 5 * 1024 ** 3)).toContain('413 ')
    expect(await promise(web(), 'x.y.z', 5 * 1024 ** 3)).toContain('401 ')
  })

  test('SQL in an address, an id and a name is only text', async () => {
    const injection = "x'; DROP TABLE videos; --"
    const email = "x'or'1'='1@example.com"
    expect((await post(`${web()}/sessions`, { email, password: "' OR '1'='1' --" })).status).toBe(401)
    expect((await ada.get(`/videos/${encodeURIComponent(injection)}`)).status).toBe(404)
    expect((await ada.get(`/videos?limit=${encodeURIComponent('1; DROP TABLE videos')}`)).status).toBe(400)
    const small = clip({ seconds: 1, size: '64x64', silent: true })
    const { id } = await uploaded(small, `?name=${encodeURIComponent(injection)}`)
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ name: injection, state: 'converted' })
  }, 60_000)

  test('a poisoned message ends in the dead-letter subscription, and the worker goes on', async () => {
    const topic = variables['UPLOADED_TOPIC'] ?? ''
    const data = Buffer.from('{"video": "of nobody"}').toString('base64')
    expect((await pubsub(`${topic}:publish`, { messages: [{ data }] })).status).toBe(200)
    expect(await givenUp()).toEqual(['{"video": "of nobody"}'])
    const { id } = await uploaded(clip({ seconds: 1, size: '64x64' }))
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted' })
  }, 120_000)

  test('R28 a worker that is killed mid-video has converted it after its restart, once', async () => {
    const { id } = await uploaded(clip({ seconds: 18, size: '1920x1080' }))
    await ada.until(id, 'converting')
    process.kill(pidOf(sluice.folder, 'worker/main.ts'), 'SIGKILL')
    expect(await ada.until(id, 'converting', 'converted', 'failed')).toMatchObject({ state: 'converting' })
    const done = await ada.until(id, 'converted', 'failed')
    expect(done).toMatchObject({ state: 'converted', attempts: 2 })
    expect(look(await content(id))).toMatchObject({ width: 640, height: 360 })
    // The message again, as a topic may bring it at any time.
    const data = Buffer.from(JSON.stringify({ video: id })).toString('base64')
    expect((await post(`${variables['WORKER_URL']}/messages`, { message: { data } })).status).toBe(204)
    expect(await (await ada.get(`/videos/${id}`)).json()).toEqual(done)
  }, 180_000)

  test('the sweep announces what was left unprocessed', async () => {
    expect((await sluice.run('operate', 'pause', '--service', 'worker')).code).toBe(0)
    const { id } = await uploaded(clip({ seconds: 1, size: '64x64' }))
    // Nobody takes it, until the topic gives it up.
    expect(await givenUp()).toEqual([JSON.stringify({ video: id })])
    expect((await sluice.run('operate', 'resume', '--service', 'worker')).code).toBe(0)
    const swept = await sluice.run('train', '--pipeline', 'sweep', '--param', 'seconds=0')
    expect(swept.code, swept.stderr).toBe(0)
    expect(swept.stderr).toContain('announced again: 1')
    expect(await ada.until(id, 'converted', 'failed')).toMatchObject({ state: 'converted' })
  }, 180_000)

  test('the documentation shows every path of the API', async () => {
    expect(await (await fetch(`${web()}/docs/`)).text()).toContain('swagger')
    const { paths } = (await (await fetch(`${web()}/docs/json`)).json()) as { paths: object }
    expect(Object.keys(paths).sort()).toEqual([
      '/health',
      '/sessions',
      '/users',
      '/videos',
      '/videos/{id}',
      '/videos/{id}/content',
    ])
  })
})

/** The process of a service, among those that run in the system's folder. */
function pidOf(folder: string, program: string): number {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      if (!readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(program)) continue
      if (readlinkSync(`/proc/${name}/cwd`).startsWith(folder)) return Number(name)
    } catch {
      // It has ended meanwhile.
    }
  }
  throw new Error(`${program} does not run`)
}
