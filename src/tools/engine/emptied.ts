import { bug } from '../../domain/error.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The configuration that leaves nothing of a stack: its backend and its providers, and no resource. What the state knows then
 * goes, whatever the stack was made of; no code of whoever made it is needed.
 *
 * @param stacks cdk.tf.json of stacks of the same environment, one at least
 * @param state where the state lies, without its ending: `films/pr/preview-7/data`
 * @throws SluiceError bug, where states lie in neither S3 nor Cloud Storage
 */
export function emptied(stacks: readonly Json[], state: string): Json {
  const terraforms = stacks.map((stack) => part(stack, 'terraform'))
  const [first = {}] = terraforms
  return {
    terraform: {
      ...first,
      backend: backendOf(part(first, 'backend'), state),
      required_providers: Object.assign({}, ...terraforms.map((one) => part(one, 'required_providers'))),
    },
    provider: Object.assign({}, ...stacks.map((stack) => part(stack, 'provider'))),
  }
}

function backendOf({ s3, gcs, ...others }: Json, state: string): Json {
  if (s3 !== undefined) return { s3: { ...(s3 as Json), key: `${state}.tfstate` } }
  if (gcs !== undefined) return { gcs: { ...(gcs as Json), prefix: state } }
  throw bug(`states in ${Object.keys(others).join(', ') || 'no backend'} are not known`)
}

const part = (of: Json, key: string): Json => (of[key] ?? {}) as Json
