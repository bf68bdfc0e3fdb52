import { Storage } from '@google-cloud/storage'
import type { Variables } from './environment.ts'
import type { Objects } from './objects.ts'

/**
 * Cloud Storage, or what CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE names. STORAGE_EMULATOR_HOST would not do: this client then
 * reads below another path than it writes.
 */
export function gcsObjects(name: string, env: Variables): Objects {
  const apiEndpoint = env['CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE']
  const bucket = new Storage(apiEndpoint === undefined ? {} : { apiEndpoint }).bucket(name)
  return {
    async put(key, path, contentType) {
      await bucket.upload(path, { destination: key, metadata: { contentType } })
    },
    async get(key) {
      const file = bucket.file(key)
      const [exists] = await file.exists()
      return exists ? file.createReadStream() : undefined
    },
  }
}
