import { join } from 'node:path'
import { Secret } from '../../../domain/secret.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { openEndpointFile } from '../endpoint-file.ts'
import type { Credentials } from '../objects/s3/signature.ts'

/** The id of the one key that an environment on cloud `local` has. */
export const ACCESS_KEY = 'sluice-local'

/** A process has one AWS key for all services, so every endpoint takes the one that the objects have. */
export async function awsCredentials(runtime: Runtime, objects: string): Promise<Credentials> {
  const { secret } = await openEndpointFile(runtime, join(objects, 'endpoint.json'))
  return { accessKeyId: ACCESS_KEY, secretAccessKey: new Secret(secret) }
}

/** What an SDK needs to sign; the same texts from every endpoint. */
export function awsVariables(credentials: Credentials, region: string): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey.reveal(),
    AWS_REGION: region,
  }
}
