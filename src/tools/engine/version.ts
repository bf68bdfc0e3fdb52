import { usageError } from '../../domain/error.ts'

export const ENGINE_NAMES = ['tofu', 'terraform'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

/** An engine that is there, and new enough. */
export interface Engine {
  readonly name: EngineName
  readonly version: string
  /** Absolute path. */
  readonly program: string
}

/** The first with locks in the object store itself, `use_lockfile`. */
const LEAST: Readonly<Record<EngineName, readonly [major: number, minor: number]>> = {
  tofu: [1, 10],
  terraform: [1, 11],
}

/**
 * The engine from what `version -json` printed. Both call the field `terraform_version`; warnings about the user's own
 * configuration may stand before the JSON.
 *
 * @throws SluiceError usage, for an engine that is too old or that nobody can read.
 */
export function engineFrom(name: EngineName, program: string, printed: string): Engine {
  const version = /"terraform_version":\s*"([^"]+)"/.exec(printed)?.[1]
  const parts = /^(\d+)\.(\d+)\./.exec(version ?? '')
  if (version === undefined || parts === null) {
    throw usageError({
      what: `${program} says no version`,
      rule: `"${name} version -json" prints one`,
      remedy: `install ${name} again, or put another engine before it on PATH`,
    })
  }
  const [major, minor] = LEAST[name]
  const [is, at] = [Number(parts[1]), Number(parts[2])]
  if (is < major || (is === major && at < minor)) {
    throw usageError({
      what: `${program} is ${name} ${version}`,
      rule: `Sluice needs ${name} ${major}.${minor} or newer, whose states lock themselves`,
      remedy: INSTALL,
    })
  }
  return { name, version, program }
}

export const INSTALL =
  'install OpenTofu 1.10 or newer (https://opentofu.org/docs/intro/install), or Terraform 1.11 or newer, and put it on PATH'
