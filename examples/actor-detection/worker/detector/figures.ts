import { hueDistance } from './cast.ts'

/** One picture: three bytes a pixel, red, green, blue, row after row. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** Something with the shape of a person. */
export interface Figure {
  /** Degrees of the colour circle, the mean of its pixels. */
  readonly hue: number
  /** Pixels. */
  readonly area: number
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
}

/** What is greyer or darker than this is scenery. */
const LEAST_SATURATION = 0.45
const LEAST_VALUE = 70
/** Neighbours that differ by more belong to two things. */
const SAME_HUE = 14
/** Of the picture; less is a stain. */
const LEAST_SHARE = 0.003

/** The figures of a picture: regions of one strong colour, upright, with a head that is narrower than the body. */
export function figuresIn(frame: Frame): readonly Figure[] {
  const hues = huesOf(frame)
  const seen = new Uint8Array(hues.length)
  const least = LEAST_SHARE * frame.width * frame.height
  const found: Figure[] = []
  for (let start = 0; start < hues.length; start++) {
    if (seen[start] === 1 || at(hues, start) < 0) continue
    const region = regionFrom(start, hues, seen, frame.width)
    if (region.length < least) continue
    const figure = figureOf(region, hues, frame.width)
    if (figure !== undefined) found.push(figure)
  }
  return found
}

const at = (numbers: Float32Array, index: number): number => numbers[index] ?? -1

/** Degrees of each pixel; -1 for scenery. */
function huesOf({ pixels }: Frame): Float32Array {
  const hues = new Float32Array(pixels.length / 3)
  for (let i = 0; i < hues.length; i++) {
    const [r = 0, g = 0, b = 0] = [pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]]
    const most = Math.max(r, g, b)
    const range = most - Math.min(r, g, b)
    hues[i] = most < LEAST_VALUE || range < LEAST_SATURATION * most ? -1 : hueOf(r, g, b, most, range)
  }
  return hues
}

function hueOf(r: number, g: number, b: number, most: number, range: number): number {
  const sixth =
    most === r ? ((g - b) / range + 6) % 6 : most === g ? (b - r) / range + 2 : (r - g) / range + 4
  return sixth * 60
}

/** All pixels that touch, each nearly of its neighbour's hue. */
function regionFrom(start: number, hues: Float32Array, seen: Uint8Array, width: number): readonly number[] {
  const region = [start]
  seen[start] = 1
  for (let next = 0; next < region.length; next++) {
    const here = region[next] ?? 0
    const column = here % width
    const around = [
      here - width,
      here + width,
      column > 0 ? here - 1 : -1,
      column < width - 1 ? here + 1 : -1,
    ]
    for (const there of around) {
      if (there < 0 || there >= hues.length || seen[there] === 1 || at(hues, there) < 0) continue
      if (hueDistance(at(hues, here), at(hues, there)) > SAME_HUE) continue
      seen[there] = 1
      region.push(there)
    }
  }
  return region
}

/** undefined where it has another shape: a ball is as high as wide, a box has no head. */
function figureOf(region: readonly number[], hues: Float32Array, width: number): Figure | undefined {
  const columns = region.map((pixel) => pixel % width)
  const rows = region.map((pixel) => Math.floor(pixel / width))
  const [left, right] = extent(columns)
  const [top, bottom] = extent(rows)
  const box = { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
  const upright = box.height / box.width
  if (upright < 1.4 || upright > 4.5) return undefined
  const rowCounts = new Array<number>(box.height).fill(0)
  for (const row of rows) rowCounts[row - top] = (rowCounts[row - top] ?? 0) + 1
  const mean = (from: number, to: number): number => {
    const part = rowCounts.slice(Math.floor(from * box.height), Math.ceil(to * box.height))
    return part.reduce((sum, count) => sum + count, 0) / Math.max(1, part.length)
  }
  if (mean(0, 0.25) > 0.75 * mean(0.5, 1)) return undefined
  return { hue: meanHue(region, hues), area: region.length, box }
}

function extent(numbers: readonly number[]): readonly [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const number of numbers) {
    least = Math.min(least, number)
    most = Math.max(most, number)
  }
  return [least, most]
}

/** On a circle: 350 and 10 have the mean 0. */
function meanHue(region: readonly number[], hues: Float32Array): number {
  let [x, y] = [0, 0]
  for (const pixel of region) {
    const angle = (at(hues, pixel) * Math.PI) / 180
    x += Math.cos(angle)
    y += Math.sin(angle)
  }
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360
}
