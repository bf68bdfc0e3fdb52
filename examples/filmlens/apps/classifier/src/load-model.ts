import type { ModelFile } from './model.ts'
import { type Objects, required, sha256 } from './objects.ts'
import type { Pin } from './pin.ts'

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
