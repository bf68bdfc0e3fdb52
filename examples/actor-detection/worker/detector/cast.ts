/** Whom the detector knows: an actor is drawn in one hue, degrees of the colour circle. */
export interface Actor {
  readonly name: string
  readonly hue: number
}

export const CAST: readonly Actor[] = [
  { name: 'Ada Marlowe', hue: 0 },
  { name: 'Bo Lindqvist', hue: 45 },
  { name: 'Chiara Conti', hue: 90 },
  { name: 'Dario Okafor', hue: 135 },
  { name: 'Edith Sorel', hue: 180 },
  { name: 'Farid Haddad', hue: 225 },
  { name: 'Greta Voss', hue: 270 },
  { name: 'Hugo Pereira', hue: 315 },
]

/** Half the distance between two of the cast would be a guess. */
const FARTHEST = 16

export interface Recognised {
  readonly actor: Actor
  /** 1 in exactly the actor's hue, 0 at the farthest that still counts. */
  readonly confidence: number
}

/** Whose hue it is; undefined where it is nobody's. */
export function recognise(hue: number, cast: readonly Actor[] = CAST): Recognised | undefined {
  const ranked = cast.map((actor) => ({ actor, off: hueDistance(hue, actor.hue) }))
  const nearest = ranked.toSorted((a, b) => a.off - b.off)[0]
  if (nearest === undefined || nearest.off > FARTHEST) return undefined
  return { actor: nearest.actor, confidence: 1 - nearest.off / FARTHEST }
}

/** Degrees between two hues, the shorter way round. */
export function hueDistance(a: number, b: number): number {
  const off = Math.abs(a - b) % 360
  return Math.min(off, 360 - off)
}

/** `actor#ada-marlowe` */
export function entityId({ name }: Actor): string {
  return `actor#${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
}
