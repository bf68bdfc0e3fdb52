import { CAST, recognise } from './cast.ts'
import type { Figure } from './figures.ts'

/** When somebody is seen without a break, seconds of the video. */
export interface Appearance {
  readonly from: number
  readonly to: number
  readonly frames: number
}

/** What is known of the actors of a video up to a moment; plain data, so that it can be put down and taken up again. */
export type Tracks = Readonly<Record<string, Track>>

export interface Track {
  readonly appearances: readonly Appearance[]
  /** Sum over all frames. */
  readonly confidence: number
  readonly frames: number
}

/** A look away that is shorter, in seconds, does not end an appearance. */
const GAP = 1
/** Who is seen in one frame alone may be a stain. */
const LEAST_FRAMES = 2

/** The tracks after one more frame. */
export function follow(tracks: Tracks, at: number, figures: readonly Figure[]): Tracks {
  const seen = new Map<string, number>()
  for (const { hue } of figures) {
    const known = recognise(hue)
    if (known === undefined) continue
    const { name } = known.actor
    seen.set(name, Math.max(known.confidence, seen.get(name) ?? 0))
  }
  if (seen.size === 0) return tracks
  const next = { ...tracks }
  for (const [name, confidence] of seen) next[name] = extended(tracks[name], at, confidence)
  return next
}

function extended(track: Track | undefined, at: number, confidence: number): Track {
  const appearances = track?.appearances ?? []
  const last = appearances.at(-1)
  const goesOn = last !== undefined && at - last.to <= GAP
  return {
    appearances: goesOn
      ? [...appearances.slice(0, -1), { from: last.from, to: at, frames: last.frames + 1 }]
      : [...appearances, { from: at, to: at, frames: 1 }],
    confidence: (track?.confidence ?? 0) + confidence,
    frames: (track?.frames ?? 0) + 1,
  }
}

export interface ActorResult {
  readonly name: string
  /** 0 to 1. */
  readonly confidence: number
  /** Seconds. */
  readonly screenTime: number
  readonly appearances: readonly { readonly from: number; readonly to: number }[]
}

/** Who plays in the video, in the order of the cast. `step` is the time between two frames, seconds. */
export function actorsOf(tracks: Tracks, step: number): readonly ActorResult[] {
  return CAST.flatMap(({ name }) => {
    const track = tracks[name]
    const appearances = (track?.appearances ?? []).filter(({ frames }) => frames >= LEAST_FRAMES)
    if (track === undefined || appearances.length === 0) return []
    const screenTime = appearances.reduce((sum, { from, to }) => sum + to - from + step, 0)
    return [
      {
        name,
        confidence: round(track.confidence / track.frames),
        screenTime: round(screenTime),
        appearances: appearances.map(({ from, to }) => ({ from: round(from), to: round(to) })),
      },
    ]
  })
}

const round = (number: number): number => Math.round(number * 100) / 100
