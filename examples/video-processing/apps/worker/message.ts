/** What Pub/Sub pushes (https://cloud.google.com/pubsub/docs/push#receive_push), the part that is used. */
export interface Pushed {
  readonly message: { readonly data?: string; readonly messageId?: string }
}

/** Id of the video that a message announces; undefined where it announces none. */
export function announcedVideo({ message }: Pushed): string | undefined {
  try {
    const value = JSON.parse(Buffer.from(message.data ?? '', 'base64').toString('utf8')) as {
      readonly video?: unknown
    } | null
    return typeof value?.video === 'string' ? value.video : undefined
  } catch {
    return undefined
  }
}
