import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FORMATS, type Format } from '../shared/formats.ts'
import { MOST_PIXELS, type Probed, READ_SAFELY } from '../shared/probe.ts'
import { run } from '../shared/run.ts'

export interface Conversion {
  /** Seconds that are kept of the video. */
  readonly secondsKept: number
  /** Seconds of the title before and after. */
  readonly titleSeconds: number
  readonly width: number
  readonly height: number
  /** Encoding threads. */
  readonly threads: number
}

const FRAMES_PER_SECOND = 30
const SAMPLE = 'aresample=48000,aformat=sample_fmts=fltp:channel_layouts=stereo'
const PATIENCE = 8 * 60_000

/** The file could not be converted, and will not be the next time. */
export class Unreadable extends Error {}

/** @param folder for the title; @throws Unreadable with the last that ffmpeg said */
export async function convert(
  conversion: Conversion,
  {
    source,
    target,
    folder,
    title,
    format,
    probed,
    signal,
  }: {
    readonly source: string
    readonly target: string
    readonly folder: string
    readonly title: string
    readonly format: Format
    readonly probed: Probed
    readonly signal: AbortSignal
  },
): Promise<void> {
  // A title in a file is text to ffmpeg; in the filter it would be a program.
  const titleFile = join(folder, 'title.txt')
  await writeFile(titleFile, title)
  const argv = ffmpegArgv(conversion, { source, target, titleFile, format, hasSound: probed.hasSound })
  const { code, stderr } = await run(argv, { timeout: PATIENCE, signal })
  if (code !== 0) throw new Unreadable(stderr.trim().split('\n').at(-1) || 'ffmpeg was ended')
}

/** Trims, scales into the frame, fills what is left of it with black, and puts the title around. */
export function ffmpegArgv(
  { secondsKept, titleSeconds, width, height, threads }: Conversion,
  {
    source,
    target,
    titleFile,
    format,
    hasSound,
  }: {
    readonly source: string
    readonly target: string
    readonly titleFile: string
    readonly format: Format
    readonly hasSound: boolean
  },
): readonly [string, ...string[]] {
  const { video, audio } = FORMATS[format]
  const text = `drawtext=textfile='${titleFile}':expansion=none:fontcolor=white:fontsize=h/10:x=(w-text_w)/2:y=(h-text_h)/2`
  const pictures = [
    `color=black:size=${width}x${height}:rate=${FRAMES_PER_SECOND}:duration=${titleSeconds},${text},format=yuv420p,setsar=1,split[before][after]`,
    `[0:v:0]fps=${FRAMES_PER_SECOND},scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2,format=yuv420p,setsar=1[video]`,
  ]
  const silence = `anullsrc=sample_rate=48000:channel_layout=stereo:duration=${titleSeconds},${SAMPLE}`
  const sounds = [`[0:a:0]${SAMPLE}[sound]`, `${silence},asplit[quiet][still]`]
  const graph = hasSound
    ? [...pictures, ...sounds, '[before][quiet][video][sound][after][still]concat=n=3:v=1:a=1[v][a]']
    : [...pictures, '[before][video][after]concat=n=3:v=1:a=0[v]']
  return [
    'ffmpeg',
    ...['-nostdin', '-v', 'error', '-xerror', '-y'],
    ...['-t', String(secondsKept), ...READ_SAFELY, '-max_pixels', String(MOST_PIXELS), '-i', source],
    ...['-filter_complex_threads', '1', '-filter_complex', graph.join(';')],
    ...['-map', '[v]', '-c:v', ...video],
    ...(hasSound ? ['-map', '[a]', '-c:a', audio] : []),
    // Nothing of the source's own labels: where it was filmed, and by whom.
    ...['-map_metadata', '-1', '-map_chapters', '-1', '-threads', String(threads), target],
  ]
}
