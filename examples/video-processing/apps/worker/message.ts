/** What Pub/Sub pushes (https://cloud.google.com/pubsub/docs/push#receive_push), the part that is used. */
export interface Pushed {
  readonly message: { readonly data?: string; readonly messageId?: string }
}

/** Id of the video that a pushed message announces; undefined where it announces none. */
export const pushedVideo = ({ message }: Pushed): string | undefined =>
  announcedVideo(Buffer.from(message.data ?? '', 'base64').toString('utf8'))

/** Id of the video that a message announces; undefined where it announces none. */
export function announcedVideo(text: string): string | undefined {
  try {
    const value = JSON.parse(text) as { readonly video?: unknown } | null
    return typeof value?.video === 'string' ? value.video : undefined
  } catch {
    return undefined
  }
}
