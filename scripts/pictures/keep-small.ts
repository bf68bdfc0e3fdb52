import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'

/** Bytes of a picture. */
const LARGEST = 120 * 1024

/**
 * Writes a picture with 64 colours instead of all: a page has hardly more, and the file a third of the bytes.
 *
 * @returns their number
 * @throws where there are still too many
 */
export function keepSmall(from: string, to: string): number {
  const palette = 'split[a][b];[a]palettegen=max_colors=64:stats_mode=single[p];[b][p]paletteuse=dither=none'
  const argv = ['-v', 'error', '-y', '-i', from, '-filter_complex', palette, '-frames:v', '1', to]
  execFileSync('ffmpeg', argv)
  const { size } = statSync(to)
  if (size > LARGEST) throw new Error(`${to} has ${size} bytes; a picture has at most ${LARGEST}`)
  return size
}
