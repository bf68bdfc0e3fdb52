import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A user of the API of video-processing. */
export interface Visitor {
  readonly token: string
  get(path: string): Promise<Response>
  upload(bytes: Buffer, query?: string): Promise<Response>
  /** The video, once it is in one of these states. */
  until(id: string, ...states: readonly string[]): Promise<Video>
}

export interface Video {
  readonly id: string
  readonly state: string
  readonly attempts: number
  readonly reason: string | null
  readonly convertedAt: string | null
}

export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

/** Signs up and in. */
export async function visit(web: string, email: string): Promise<Visitor> {
  const account = { email, password: 'a long sentence' }
  const signedUp = await post(`${web}/users`, account)
  if (signedUp.status !== 201) throw new Error(`sign-up: ${signedUp.status} ${await signedUp.text()}`)
  const { token } = (await (await post(`${web}/sessions`, account)).json()) as { token: string }
  const authorization = `Bearer ${token}`
  const get = (path: string): Promise<Response> => fetch(`${web}${path}`, { headers: { authorization } })
  return {
    token,
    get,
    upload: (bytes, query = '') =>
      fetch(`${web}/videos${query}`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(bytes),
      }),
    async until(id, ...states) {
      for (;;) {
        const video = (await (await get(`/videos/${id}`)).json()) as Video
        if (states.includes(video.state)) return video
        await wait(25)
      }
    },
  }
}

/** A token of any content, signed like the service's own. */
export function forge(key: string, claims: object, header: object = { alg: 'HS256' }): string {
  const encoded = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${encoded}.${createHmac('sha256', key).update(encoded).digest('base64url')}`
}

/** A test picture with a tone; or, silent, without. */
export function clip({
  seconds,
  size,
  silent = false,
  ending = 'mp4',
}: {
  readonly seconds: number
  readonly size: string
  readonly silent?: boolean
  readonly ending?: string
}): Buffer {
  const path = join(tmpdir(), `sluice-clip-${process.pid}-${seconds}-${size}.${ending}`)
  const pictures = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`]
  const sound = silent ? [] : ['-f', 'lavfi', '-i', `sine=duration=${seconds}`, '-c:a', 'aac']
  const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '35']
  try {
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...pictures, ...sound, ...encoder, path])
    return readFileSync(path)
  } finally {
    rmSync(path, { force: true })
  }
}

export interface Seen {
  readonly width: number
  readonly height: number
  readonly codecs: readonly string[]
  readonly seconds: number
}

/** What ffprobe says of a file. */
export function look(bytes: Buffer): Seen {
  const path = join(tmpdir(), `sluice-look-${process.pid}`)
  try {
    writeFileSync(path, bytes)
    const entries = 'stream=codec_name,width,height:format=duration'
    const text = execFileSync('ffprobe', ['-v', 'error', '-show_entries', entries, '-of', 'json', path])
    const { streams, format } = JSON.parse(text.toString('utf8')) as {
      streams: { codec_name: string; width?: number; height?: number }[]
      format: { duration: string }
    }
    const { width = 0, height = 0 } = streams.find((stream) => stream.width !== undefined) ?? {}
    const codecs = streams.map(({ codec_name }) => codec_name)
    return { width, height, codecs, seconds: Number(format.duration) }
  } finally {
    rmSync(path, { force: true })
  }
}

/** Promises so many bytes, sends a few, and waits for what the service says to that. */
export function promise(web: string, token: string, bytes: number): Promise<string> {
  const { hostname, port } = new URL(web)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const head = ['POST /videos HTTP/1.1', `host: ${hostname}`, `authorization: Bearer ${token}`]
      socket.write(`${head.join('\r\n')}\r\ncontent-type: video/mp4\r\ncontent-length: ${bytes}\r\n\r\nfew`)
    })
    socket.once('data', (chunk) => {
      resolve(chunk.toString('utf8'))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}
