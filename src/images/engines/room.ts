import type { Problem } from '../../domain/error.ts'
import { formatSize } from '../../domain/quantity.ts'

/** Bytes that a build will move, as far as they are known before it. */
export interface Load {
  /** Of the base images, compressed as they travel. */
  readonly bases: number
  readonly context: number
}

export type Room =
  | { readonly kind: 'enough' }
  | { readonly kind: 'tight'; readonly text: string }
  | { readonly kind: 'full'; readonly problem: Problem }

/** Layers unpack to about two and a half times their size, and lie beside what they came from for a while. */
const UNPACKED = 3.5
/** Below this nobody needs to be told. */
const SMALL = 2 * 1024 ** 3

/**
 * Whether a build fits. A GPU image (10 GiB and more) on a runner with 14 GiB free fails after many minutes with a message
 * about a layer; this tells it before.
 *
 * @param free bytes where the engine keeps its data; null where that is another machine.
 */
export function roomFor(load: Load, free: number | null, image: string): Room {
  const least = load.bases + load.context
  const likely = load.bases * UNPACKED + load.context * 2
  if (free === null || likely < SMALL || free >= likely)
    return free !== null && free < least ? full(image, least, free) : { kind: 'enough' }
  if (free < least) return full(image, likely, free)
  return {
    kind: 'tight',
    text: `image ${image} will need about ${formatSize(Math.round(likely))}, and ${formatSize(free)} are free: ${REMEDY}`,
  }
}

const REMEDY =
  'free some with "docker system prune --all" and "docker builder prune", use a smaller base image, or a runner with a larger disk'

function full(image: string, needed: number, free: number): Room {
  return {
    kind: 'full',
    problem: {
      what: `image ${image} needs about ${formatSize(Math.round(needed))}, and ${formatSize(free)} are free where the engine keeps its data`,
      rule: 'base images and context must fit on the disk',
      remedy: REMEDY,
    },
  }
}
