import { digestOf } from '../../domain/digest.ts'
import { SluiceError } from '../../domain/error.ts'
import { stacksFileSchema } from '../../domain/stacks/stacks.ts'
import { isRead, synthesisFault } from '../../plan/synthesis-artifact.ts'
import type { SynthesizedStack } from '../../plan/synthesis-diff.ts'
import { unzipJudged } from '../infrastructure/unzip.ts'

/** A synthesis that is not taken: refused, with what is wrong. */
export function untaken(what: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'refused',
    'user',
    {
      what: `the synthesis is not taken: ${what}`,
      rule: 'of an untrusted pull request only what Sluice itself would synthesize is taken',
      remedy: 'synthesize again with the action synth, and leave the artifact as it is',
    },
    cause === undefined ? undefined : { cause },
  )
}

/**
 * The stacks in the archive of an untrusted synthesis (promise R7). Its directory is judged before anything is unpacked, and
 * nothing is written to disk.
 *
 * @param digest what GitHub says that it is; undefined where it does not say.
 * @throws SluiceError refused
 */
export function stacksIn(
  zip: Uint8Array,
  digest: string | undefined,
  environment: string,
): SynthesizedStack[] {
  if (digest !== undefined && digestOf(zip) !== digest)
    throw untaken('its bytes are not those that were uploaded')
  const files = unzipJudged(zip, { fault: synthesisFault, isWanted: isRead, refused: untaken })
  const list = stacksFileSchema.safeParse(jsonOf(files, 'stacks.json'))
  if (!list.success || list.data.environment !== environment) {
    throw untaken(`its stacks.json is not one of environment ${environment}`)
  }
  const names = list.data.stacks.map(({ name }) => name)
  if (new Set(names).size < names.length) throw untaken('its stacks.json names a stack twice')
  return list.data.stacks.map(({ name }) => ({ name, document: jsonOf(files, `${name}/cdk.tf.json`) }))
}

function jsonOf(files: ReadonlyMap<string, Uint8Array>, name: string): Readonly<Record<string, unknown>> {
  const bytes = files.get(name)
  if (bytes === undefined) throw untaken(`it has no ${name}`)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw untaken(`${name} is no JSON`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw untaken(`${name} is no object`)
  return value as Record<string, unknown>
}
