import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../../scripts/demo/stage.ts'

/** A user's way through video-processing, and what becomes of a message that means nothing. */
export async function tell(stage: Stage): Promise<void> {
  const { part, say, must, sluice, ask } = stage
  process.env['JWT_KEY'] ??= randomBytes(32).toString('hex')
  const folder = mkdtempSync(join(tmpdir(), 'sluice-video-'))
  try {
    part('Both services are built and released')
    await must(['release'])
    await must(['up', '--detach', '--json'], { quiet: true })
    const variables = variablesOf((await sluice(['up', '--export'], { quiet: true })).text)

    part('A message that means nothing is announced')
    const pubsub = (path: string, body: object): Promise<Response> =>
      fetch(`http://${variables['PUBSUB_EMULATOR_HOST']}/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const data = Buffer.from('this is no video').toString('base64')
    await pubsub(`${variables['UPLOADED_TOPIC']}:publish`, { messages: [{ data }] })
    say('the worker refuses it; the topic will bring it five times')

    part('Somebody signs up and in')
    const account = { email: 'ada@example.com', password: 'a long sentence' }
    await ask('web', { path: '/users', body: account })
    const session = (await ask('web', { path: '/sessions', body: account })).json() as { token: string }
    const headers = { authorization: `Bearer ${session.token}` }
    say(`${account.email} has a token for an hour`)

    part('A video of 25 seconds goes in')
    const source = join(folder, 'source.mp4')
    draw(source)
    say(shape(source))
    const path = '/videos?name=Harbour%20at%20night'
    const { id } = (await ask('web', { path, body: readFileSync(source), headers })).json() as Video
    say(`uploaded as ${id}`)

    part('What became of it comes back')
    const video = await ended(
      async () => (await ask('web', { path: `/videos/${id}`, headers })).json() as Video,
    )
    if (video.state !== 'converted') throw new Error(`the video is ${video.state}: ${video.reason}`)
    const result = join(folder, 'result.mp4')
    writeFileSync(result, (await ask('web', { path: `/videos/${id}/content`, headers })).bytes)
    say(shape(result))
    say('18 seconds of it, and a second of its title before and after')

    part('The message that meant nothing lies aside')
    const subscription = `projects/${variables['PUBSUB_PROJECT_ID']}/subscriptions/uploaded-dead`
    say(
      `given up after five attempts: "${await firstOf(() => pubsub(`${subscription}:pull`, { maxMessages: 1 }))}"`,
    )

    part('What was left unprocessed would be announced again')
    await must(['train', '--pipeline', 'sweep', '--param', 'seconds=0'])
    await must(['operate', 'status'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Video {
  readonly id: string
  readonly state: string
  readonly reason: string | null
}

/** The lines `NAME=value` that `up --export` prints. */
function variablesOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)))
}

function draw(path: string): void {
  const pictures = ['-f', 'lavfi', '-i', 'testsrc2=size=800x600:rate=25:duration=25']
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=25']
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...pictures, ...sound, '-preset', 'ultrafast', path])
}

function shape(path: string): string {
  const argv = ['-v', 'error', '-show_entries', 'stream=width,height:format=duration', '-of', 'json', path]
  const { streams, format } = JSON.parse(execFileSync('ffprobe', argv).toString('utf8')) as {
    readonly streams: readonly { readonly width?: number; readonly height?: number }[]
    readonly format: { readonly duration: string }
  }
  const pictures = streams.find(({ width }) => width !== undefined)
  return `${pictures?.width}x${pictures?.height}, ${Number(format.duration).toFixed(1)} s`
}

async function ended(look: () => Promise<Video>): Promise<Video> {
  for (;;) {
    const video = await look()
    if (video.state === 'converted' || video.state === 'failed') return video
    await wait(200)
  }
}

/** A pull waits a few seconds for a first message. */
async function firstOf(pull: () => Promise<Response>): Promise<string> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { receivedMessages = [] } = (await (await pull()).json()) as {
      readonly receivedMessages?: readonly { readonly message: { readonly data: string } }[]
    }
    const [first] = receivedMessages
    if (first !== undefined) return Buffer.from(first.message.data, 'base64').toString('utf8')
  }
  throw new Error('nothing was given up')
}
