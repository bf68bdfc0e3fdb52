import { type ImageReference, parseImageReference } from '../../../domain/digest.ts'
import type { Machine } from './fleet.ts'

/** Milliseconds in which a machine that was started has asked for its image. */
const BOOTED = 60 * 60_000

/** A release that goes back, as its machines had it. */
export interface Undone {
  readonly image: ImageReference
  /** When it began, milliseconds since the epoch. */
  readonly at: number
}

/**
 * Whether a machine that nobody reaches is sure not to have taken the image of a release that goes back: a machine takes one when it boots,
 * or by a command, and it has said since its boot what it runs. One that has never said anything was never commanded; it is left aside
 * when it had booted long before.
 *
 * @param said the image in its last report, undefined without one
 */
export function neverTook(
  { launchedAt }: Pick<Machine, 'launchedAt'>,
  said: string | undefined,
  { image, at }: Undone,
): boolean {
  if (launchedAt === null || launchedAt >= at) return false
  if (said === undefined) return launchedAt <= at - BOOTED
  const digest = parseImageReference(said)?.digest
  return digest !== undefined && digest !== parseImageReference(image)?.digest
}
