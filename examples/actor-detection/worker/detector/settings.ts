export interface Settings {
  readonly raw: string
  readonly processed: string
  readonly table: string
  readonly videos: string
  readonly results: string
  readonly logs: string
  /** Milliseconds between two looks for new videos. */
  readonly lookEvery: number
  readonly ffmpeg: string
}

/** @throws Error that names every variable that is missing or wrong. */
export function settingsOf(env: Readonly<Record<string, string | undefined>>): Settings {
  const wrong: string[] = []
  const text = (name: string, fallback = ''): string => {
    const value = env[name] ?? fallback
    if (value === '') wrong.push(name)
    return value
  }
  const lookEvery = Number(text('LOOK_EVERY', '10')) * 1000
  if (!(lookEvery > 0)) wrong.push('LOOK_EVERY')
  const settings = {
    raw: text('RAW_BUCKET'),
    processed: text('PROCESSED_BUCKET'),
    table: text('MOVIE_ENTITIES_TABLE'),
    videos: text('VIDEOS_PREFIX', 'videos/'),
    results: text('RESULTS_PREFIX', 'results/'),
    logs: text('LOGS_PREFIX', 'logs/'),
    lookEvery,
    ffmpeg: text('FFMPEG', 'ffmpeg'),
  }
  if (wrong.length > 0) throw new Error(`missing or wrong: ${wrong.join(', ')}`)
  return settings
}
