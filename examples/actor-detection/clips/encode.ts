import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Clip, picturesOf } from './clip.ts'

/** Writes a clip as MP4. @throws Error with what ffmpeg said. */
export async function writeClip(clip: Clip, path: string, ffmpeg = 'ffmpeg'): Promise<void> {
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${clip.width}x${clip.height}`]
  input.push('-r', String(clip.rate), '-i', 'pipe:0')
  const output = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-pix_fmt', 'yuv420p', '-g', '40']
  const child = spawn(ffmpeg, ['-v', 'error', '-y', ...input, ...output, '-threads', '1', path], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  // Its exit says more than a pipe that broke.
  child.stdin.on('error', () => {})
  const closed = once(child, 'close') as Promise<[number | null]>
  for (const picture of picturesOf(clip)) {
    if (!child.stdin.write(Buffer.from(picture)) && child.exitCode === null) {
      await Promise.race([once(child.stdin, 'drain'), closed])
    }
  }
  child.stdin.end()
  const [code] = await closed
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${said.trim()}`)
}
