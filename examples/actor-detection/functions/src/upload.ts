/** What somebody asks to upload, as the path and the query say it. */
export interface UploadRequest {
  readonly bucket: string | undefined
  readonly folder: string | undefined
  readonly filename: string | undefined
  /** Bytes, in decimal digits. */
  readonly size: string | undefined
}

export interface UploadRules {
  /** The bucket's name in sluice.yml and in the cloud. */
  readonly buckets: readonly string[]
  /** With the slash. */
  readonly prefix: string
  /** Bytes. */
  readonly largest: number
}

export type UploadVerdict =
  | { readonly kind: 'accepted'; readonly key: string; readonly type: string; readonly size: number }
  | { readonly kind: 'refused'; readonly status: number; readonly error: string }

/** https://www.iana.org/assignments/media-types */
const TYPES: Readonly<Record<string, string>> = {
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  mkv: 'video/x-matroska',
  webm: 'video/webm',
}
const NAME = /^\w[\w.-]{0,199}\.(?<end>mp4|mov|mkv|webm)$/

/** One video, of a known size, in the one folder that videos go to. */
export function judgeUpload(
  { bucket = '', folder = '', filename = '', size = '' }: UploadRequest,
  { buckets, prefix, largest }: UploadRules,
): UploadVerdict {
  const refused = (status: number, error: string): UploadVerdict => ({ kind: 'refused', status, error })
  if (!buckets.includes(bucket))
    return refused(404, `there is no bucket ${bucket}; videos go to ${buckets[0]}`)
  if (`${folder}/` !== prefix)
    return refused(403, `nothing is uploaded to ${folder}/; videos go to ${prefix}`)
  const type = TYPES[NAME.exec(filename)?.groups?.['end'] ?? '']
  if (type === undefined || filename.includes('..')) {
    return refused(
      400,
      'the name of a video: letters, digits, ".", "_" and "-", then .mp4, .mov, .mkv or .webm',
    )
  }
  if (!/^[1-9]\d{0,14}$/.test(size)) {
    return refused(411, 'say how many bytes the video has: ?size=1234')
  }
  const bytes = Number(size)
  if (bytes > largest) return refused(413, `a video has at most ${largest} bytes, this one ${bytes}`)
  return { kind: 'accepted', key: `${prefix}${filename}`, type, size: bytes }
}
