import { quickFs } from '../runtime/node/quick-fs.ts'

/**
 * Unguessable bytes. From the kernel's own file where there is one: loading node:crypto costs a fifth of Node's whole start,
 * which a refused input would pay for three delimiters.
 */
export function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  let file: number
  try {
    file = quickFs.openSync('/dev/urandom', 'r')
  } catch {
    return crypto.getRandomValues(bytes)
  }
  try {
    if (quickFs.readSync(file, bytes) !== count) throw new Error('/dev/urandom gave too few bytes')
    return bytes
  } finally {
    quickFs.closeSync(file)
  }
}
