import { Storage } from '@google-cloud/storage'
import type { Objects } from './objects.ts'

/** Cloud Storage, or the emulator that STORAGE_EMULATOR_HOST names. */
export function gcsObjects(name: string): Objects {
  const bucket = new Storage().bucket(name)
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
