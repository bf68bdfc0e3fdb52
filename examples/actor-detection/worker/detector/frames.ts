import { spawn } from 'node:child_process'
import type { Frame } from './figures.ts'

/** Enough for figures, and small enough for a processor without a GPU. */
const WIDTH = 160
const HEIGHT = 90
/** Frames that are looked at, a second. */
export const RATE = 4

/** What may be uploaded, by ffmpeg's names of its demuxers. */
const CONTAINERS = 'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm'

/** ffmpeg could make nothing of the file: it is no video, or it is broken. */
export class NotAVideo extends Error {}

/**
 * Pictures of a video, RATE a second, from a moment on.
 *
 * @param from seconds
 * @throws NotAVideo where there is not one picture in it.
 */
export async function* framesOf(
  ffmpeg: string,
  path: string,
  from: number,
): AsyncGenerator<{ readonly at: number; readonly frame: Frame }> {
  const filter = `fps=${RATE},scale=${WIDTH}:${HEIGHT}:flags=area`
  // Lists and playlists name other files and addresses, so ffmpeg reads these containers alone, and opens this file alone.
  const argv = ['-nostdin', '-v', 'error', '-threads', '1', '-protocol_whitelist', 'file,pipe']
  argv.push('-format_whitelist', CONTAINERS)
  argv.push('-ss', String(from), '-i', `file:${path}`, '-an', '-sn', '-dn', '-map', '0:v:0', '-vf', filter)
  argv.push('-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1')
  const child = spawn(ffmpeg, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2000)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // Awaited at the end; a failure to start comes before any picture.
  ended.catch(() => {})
  const size = WIDTH * HEIGHT * 3
  let rest: Buffer = Buffer.alloc(0)
  let count = 0
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (; rest.length >= size; rest = rest.subarray(size)) {
        yield {
          at: from + count / RATE,
          frame: { width: WIDTH, height: HEIGHT, pixels: rest.subarray(0, size) },
        }
        count += 1
      }
    }
    const code = await ended
    if (count === 0 && from === 0) {
      // What stands before the last colon names a path of this machine.
      const why = said.trim().split('\n').at(-1)?.split(': ').at(-1)
      throw new NotAVideo(`no picture in it (ffmpeg ended with ${code}): ${why}`)
    }
  } finally {
    child.kill('SIGKILL')
  }
}
