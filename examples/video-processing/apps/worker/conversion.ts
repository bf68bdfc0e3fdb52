import { availableParallelism } from 'node:os'
import { numberBetween, required, type Variables } from '../shared/environment.ts'
import type { Conversion } from './convert.ts'

/** From SECONDS_KEPT, TITLE_SECONDS and FRAME (`640x360`; both even, as H.264 wants them). */
export function conversionOf(env: Variables): Conversion {
  const frame = required(env, 'FRAME')
  const [, width, height] = (/^(\d{2,4})x(\d{2,4})$/.exec(frame) ?? []).map(Number)
  if (width === undefined || height === undefined || width % 2 === 1 || height % 2 === 1) {
    throw new Error(`the environment variable FRAME is "${frame}"; expected even numbers like 640x360`)
  }
  return {
    secondsKept: numberBetween(env, 'SECONDS_KEPT', 1, 600),
    titleSeconds: numberBetween(env, 'TITLE_SECONDS', 0.1, 60),
    width,
    height,
    threads: availableParallelism(),
  }
}
