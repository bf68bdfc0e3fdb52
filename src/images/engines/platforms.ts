import type { Problem } from '../../domain/error.ts'
import type { BuiltImage } from '../../domain/system/system.ts'
import { finalStage, type StageResult } from '../../tools/dockerfile/evaluate.ts'
import type { Dockerfile } from '../../tools/dockerfile/instruction.ts'

/**
 * The platforms that the final image's base lacks. Old engines take a base of another platform without a word and write the
 * wanted one on it, so nobody would notice before it fails to start.
 *
 * @param offered platforms by the reference that the Dockerfile names; absent: not known.
 */
export function missingPlatforms(
  image: BuiltImage,
  dockerfile: Dockerfile,
  stages: readonly StageResult[],
  offered: Readonly<Record<string, readonly string[]>>,
): Problem | undefined {
  const { base } = finalStage(stages)
  const there = offered[base]
  // `FROM --platform=` says that the author knows better.
  const given = dockerfile.stages.some(({ from }) => from.flags.some(({ name }) => name === 'platform'))
  if (there === undefined || there.length === 0 || given) return undefined
  const missing = image.platforms.filter(
    (wanted) => !there.some((one) => one === wanted || one.startsWith(`${wanted}/`)),
  )
  if (missing.length === 0) return undefined
  return {
    what: `${base} is made for ${there.join(', ')}, not for ${missing.join(', ')}`,
    rule: `image ${image.name} starts from it and has to run there`,
    remedy: `name a base image for ${missing.join(', ')}, or change images.${image.name}.platforms`,
    at: dockerfile.file,
  }
}
