import { run } from './run.ts'

export interface Probed {
  readonly width: number
  readonly height: number
  readonly hasSound: boolean
}

/**
 * Files alone, and only containers that hold their own frames: a playlist could name other files and addresses, and the
 * machine would read them for whoever uploads it (https://ffmpeg.org/ffmpeg-protocols.html, protocol_whitelist).
 */
export const READ_SAFELY = [
  '-protocol_whitelist',
  'file',
  '-format_whitelist',
  'mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg',
] as const

/** Of a frame: 8K. A small file can hold a frame that no memory holds. */
export const MOST_PIXELS = 7680 * 4320

const PATIENCE = 30_000

/** undefined where the file is no video: ffprobe finds no frames of moving pictures that it can read. */
export async function probe(path: string, signal?: AbortSignal): Promise<Probed | undefined> {
  const entries = 'stream=codec_type,width,height:stream_disposition=attached_pic'
  const ended = await run(
    ['ffprobe', '-v', 'error', ...READ_SAFELY, '-show_entries', entries, '-of', 'json', path],
    { timeout: PATIENCE, ...(signal && { signal }) },
  )
  return ended.code === 0 ? videoOf(ended.stdout) : undefined
}

interface Stream {
  readonly codec_type?: string
  readonly width?: number
  readonly height?: number
  readonly disposition?: { readonly attached_pic?: number }
}

/** @param text what `ffprobe -of json` prints */
export function videoOf(text: string): Probed | undefined {
  const { streams = [] } = JSON.parse(text) as {
    readonly streams?: readonly Stream[]
  }
  // The cover of a song is a stream of pictures too.
  const pictures = streams.find(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1,
  )
  if (pictures === undefined || !pictures.width || !pictures.height) return undefined
  return {
    width: pictures.width,
    height: pictures.height,
    hasSound: streams.some(({ codec_type }) => codec_type === 'audio'),
  }
}
