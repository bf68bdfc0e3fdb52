import { type Digest, digestOfValue, type ImageReference, parseImageReference } from '../digest.ts'
import type { Step } from '../system/step.ts'

/** Everything that the result of a step depends on. */
export interface StepCircumstances {
  readonly step: Step
  readonly image: ImageReference
  readonly parameters: Readonly<Record<string, string>>
  readonly seed: number
  /** Input -> digest of what lies there now. */
  readonly inputs: Readonly<Record<string, Digest>>
  /** Output -> URI that it is written to. */
  readonly outputs: Readonly<Record<string, string>>
  /** Digest of the champion that the step compares with; null: there is none; absent: it does not compare. */
  readonly champion?: Digest | null
}

/**
 * The circumstances as flat texts, so that two runs can be compared part by part and the difference named. The keys are
 * `image`, `command`, `env`, `secrets`, `connects`, `array`, `seed`, `champion`, `parameter <name>`, `input <name>`, `output <name>`.
 *
 * The code of a step is its image: the commit is not a part, or every commit would run everything again. Values of secrets
 * are no part either: they must not leave a trace, and a rotated password does not change a model.
 */
export type StepParts = Readonly<Record<string, string>>

export function stepParts(circumstances: StepCircumstances): StepParts {
  const { step, image, parameters, seed, inputs, outputs, champion } = circumstances
  return {
    image: parseImageReference(image)?.digest ?? image,
    command: digestOfValue(step.command ?? null),
    env: digestOfValue(step.env),
    secrets: digestOfValue(step.secrets),
    connects: digestOfValue(step.connects),
    ...(step.array === undefined ? {} : { array: String(step.array) }),
    seed: String(seed),
    ...(champion === undefined ? {} : { champion: champion ?? 'none' }),
    ...prefixed('parameter', parametersOf(step, parameters)),
    ...prefixed('input', inputs),
    ...prefixed('output', outputs),
  }
}

/** Those that the step is given; each of them is a part of it, no other is. */
export function parametersOf(
  step: Pick<Step, 'parameters'>,
  parameters: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { parameters: wanted } = step
  if (wanted === undefined) return parameters
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => wanted.includes(name)))
}

/** Equal parts, equal fingerprint. */
export function fingerprintOf(parts: StepParts): Digest {
  return digestOfValue(parts)
}

/** What differs, in words: `input films changed`, `parameter features changed from words to title`. */
export function changesBetween(before: StepParts, now: StepParts): readonly string[] {
  const keys = [...new Set([...Object.keys(now), ...Object.keys(before)])]
  return keys.flatMap((key) => {
    const [was, is] = [before[key], now[key]]
    if (was === is) return []
    if (was === undefined) return [`${key} is new`]
    if (is === undefined) return [`${key} is gone`]
    return [SHOWN.test(key) ? `${key} changed from ${was} to ${is}` : `${key} changed`]
  })
}

/** Parts whose values say something to people; the others are digests. */
const SHOWN = /^(seed|parameter |output )/

function prefixed(kind: string, values: Readonly<Record<string, string>>): StepParts {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${kind} ${name}`, value]))
}
