import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What processes, jobs and clients wrote; only the owner may look. */
const OWN = [
  'apis',
  'caches',
  'functions',
  'jobs',
  'logs',
  'models',
  'objects',
  'services',
  'tables',
  'topics',
] as const

/**
 * Closes the folder of a cloud to other accounts of the machine. It can be passed through but not listed, for where Sluice
 * runs as root PostgreSQL works below it as an account of its own.
 */
export async function closeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o711)
  for (const name of OWN) {
    const path = join(folder, name)
    await mkdir(path, { recursive: true })
    await chmod(path, 0o700)
  }
  // The user's own file, often made by an editor with the usual mode.
  await chmod(join(folder, 'secrets.json'), 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}
