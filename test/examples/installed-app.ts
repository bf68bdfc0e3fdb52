import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface InstalledApp extends AsyncDisposable {
  /** A module of the copy, which finds its packages. @param path like `src/server.ts` */
  load(path: string): unknown
}

/** By Node itself, as in production: through the bundler of the tests a package would be there twice. */
const native = createRequire(import.meta.url)

/** A copy of an application of an example, with the packages of its own lock file. @param path below examples/ */
export async function installApp(path: string): Promise<InstalledApp> {
  const folder = await mkdtemp(join(tmpdir(), 'app-'))
  const source = join(import.meta.dirname, '../../examples', path)
  await cp(source, folder, { recursive: true, filter: (from) => !from.endsWith('/node_modules') })
  const argv = ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  await promisify(execFile)('npm', argv, { cwd: folder })
  return {
    load: (module) => native(join(folder, module)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
