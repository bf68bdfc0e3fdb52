/** What a video can become: the name of the format is its ending. */
export const FORMATS = {
  mp4: {
    type: 'video/mp4',
    video: ['libx264', '-preset', 'veryfast', '-movflags', '+faststart'],
    audio: 'aac',
  },
  webm: {
    type: 'video/webm',
    video: ['libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M'],
    audio: 'libopus',
  },
  mkv: { type: 'video/x-matroska', video: ['libx264', '-preset', 'veryfast'], audio: 'aac' },
} as const satisfies Record<
  string,
  { readonly type: string; readonly video: readonly string[]; readonly audio: string }
>

export type Format = keyof typeof FORMATS

export const FORMAT_NAMES: readonly Format[] = ['mp4', 'webm', 'mkv']

export function isFormat(text: string): text is Format {
  return Object.hasOwn(FORMATS, text)
}
