import type { ModelFile } from './model.ts'
import { type Objects, required, sha256 } from './objects.ts'

/** Exactly one version of a model: `7@sha256:...`, as Sluice tells it to a service. */
export interface Pin {
  readonly version: string
  readonly digest: string
}

export function parsePin(text: string): Pin {
  const match = /^([0-9]+)@(sha256:[0-9a-f]{64})$/.exec(text)
  if (match === null) throw new Error(`"${text}" is no model pin; expected <version>@sha256:<64 hex digits>`)
  return { version: match[1] ?? '', digest: match[2] ?? '' }
}

/** Asks the registry where the version lies, loads it, and refuses bytes with another digest. */
export async function loadPinned(
  name: string,
  pin: Pin,
  objects: Objects,
  env = process.env,
): Promise<ModelFile> {
  const server = required(env, 'MLFLOW_TRACKING_URI').replace(/\/$/, '')
  const query = new URLSearchParams({ name, version: pin.version })
  const token = env['MLFLOW_TRACKING_TOKEN']
  const response = await fetch(`${server}/api/2.0/mlflow/model-versions/get-download-uri?${query}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  })
  if (!response.ok)
    throw new Error(`the registry answered ${response.status} for ${name} version ${pin.version}`)
  const { artifact_uri: uri } = (await response.json()) as { artifact_uri: string }
  return loadVerified(uri, pin.digest, objects)
}

export async function loadVerified(uri: string, digest: string, objects: Objects): Promise<ModelFile> {
  const bytes = await objects.get(uri)
  const found = sha256(bytes)
  if (found !== digest) throw new Error(`${uri} has the digest ${found}, not ${digest}: it is not served`)
  return JSON.parse(bytes.toString('utf8')) as ModelFile
}
