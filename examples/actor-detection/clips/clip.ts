/** Made-up videos: people in strong colours walk through a grey scene, and so do balls and boxes, which are nobody. */
import { type Actor, CAST } from '../worker/detector/cast.ts'

export interface Clip {
  readonly width: number
  readonly height: number
  /** Frames a second. */
  readonly rate: number
  readonly seconds: number
  readonly seed: number
  readonly scenes: readonly Scene[]
  /** Things that are no people; their colours are those of the cast. */
  readonly things: readonly Thing[]
}

/** When somebody is in the picture, seconds. */
export interface Scene {
  readonly actor: Actor
  readonly from: number
  readonly to: number
}

export interface Thing {
  readonly kind: 'ball' | 'box'
  readonly hue: number
}

/** A clip for a seed: two to four of the cast, each once or twice, among things in the colours of others. */
export function clipOf(seed: number, seconds = 20, rate = 8): Clip & { readonly cast: readonly Actor[] } {
  const random = seeded(seed)
  const shuffled = CAST.map((actor) => ({ actor, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ actor }) => actor)
  const cast = shuffled.slice(0, 2 + Math.floor(random() * 3))
  const scenes = cast.flatMap((actor) => {
    const from = random() * 0.4 * seconds
    return [{ actor, from, to: Math.min(seconds, from + 2 + random() * 0.4 * seconds) }]
  })
  const things = shuffled
    .slice(cast.length, cast.length + 2)
    .map(({ hue }, i): Thing => ({ kind: i === 0 ? 'ball' : 'box', hue }))
  return { width: 320, height: 180, rate, seconds, seed, scenes, things, cast }
}

/** The pictures, three bytes a pixel. The buffer is the same each time. */
export function* picturesOf(clip: Clip): Generator<Uint8Array> {
  const { width, height, rate, seconds, seed, scenes, things } = clip
  const random = seeded(seed ^ 0x5eed)
  const scenery = sceneryOf(width, height, random)
  const picture = new Uint8Array(scenery.length)
  const lanes = scenes.map((_, i) => 0.06 + (0.8 * (i + random() * 0.4)) / Math.max(1, scenes.length))
  for (let frame = 0; frame < seconds * rate; frame++) {
    const at = frame / rate
    picture.set(scenery)
    const brush = (hue: number) => paintWith(picture, width, height, hue)
    for (const [i, { kind, hue }] of things.entries()) {
      const x = Math.round(width * (0.1 + 0.75 * i) + 12 * Math.sin(at + i))
      const paint = brush(hue)
      if (kind === 'ball') ellipse(paint, x, 24, 11, 11)
      else rectangle(paint, x - 8, 8, 16, 34)
    }
    for (const [i, { actor, from, to }] of scenes.entries()) {
      if (at < from || at >= to) continue
      const x = Math.round(width * (lanes[i] ?? 0.5) + 10 * Math.sin(at * 1.3 + i))
      person(brush(actor.hue), x, 76 + Math.round(4 * Math.sin(at * 5 + i)))
    }
    yield picture
  }
}

type Paint = (x: number, y: number) => void

/** A head, a neck, a body and two legs: 72 pixels high, 24 wide. */
function person(paint: Paint, x: number, y: number): void {
  ellipse(paint, x, y + 8, 7, 8)
  rectangle(paint, x - 3, y + 14, 6, 6)
  rectangle(paint, x - 12, y + 18, 24, 30)
  rectangle(paint, x - 10, y + 48, 8, 24)
  rectangle(paint, x + 2, y + 48, 8, 24)
}

function rectangle(paint: Paint, left: number, top: number, width: number, height: number): void {
  for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) paint(x, y)
}

function ellipse(paint: Paint, cx: number, cy: number, rx: number, ry: number): void {
  for (let y = cy - ry; y <= cy + ry; y++) {
    for (let x = cx - rx; x <= cx + rx; x++) {
      if (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1) paint(x, y)
    }
  }
}

function paintWith(picture: Uint8Array, width: number, height: number, hue: number): Paint {
  const colour = colourOf(hue)
  return (x, y) => {
    if (x >= 0 && y >= 0 && x < width && y < height) picture.set(colour, 3 * (y * width + x))
  }
}

/** Of this hue, strong and bright. */
function colourOf(hue: number): readonly [number, number, number] {
  const channel = (n: number): number => {
    const k = (n + hue / 60) % 6
    return Math.round(230 * (1 - 0.85 * Math.max(0, Math.min(k, 4 - k, 1))))
  }
  return [channel(5), channel(3), channel(1)]
}

function sceneryOf(width: number, height: number, random: () => number): Uint8Array {
  const scenery = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const grey = 60 + (100 * Math.floor(i / width)) / height + 14 * random()
    scenery.fill(Math.round(grey), 3 * i, 3 * i + 3)
  }
  return scenery
}

/** 0 to 1, the same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
