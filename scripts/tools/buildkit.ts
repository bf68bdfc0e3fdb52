import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolBin } from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

const MODULE = 'github.com/moby/buildkit'
/** Pinned: Go's checksum database holds the content. Later ones need modules that not every proxy has. */
const VERSION = 'v0.25.2'
const PROGRAMS = ['buildkitd', 'buildctl'] as const

/**
 * BuildKit's daemon and client from its Go module, in 1 to 4 minutes, once. `go install module@version` refuses a module with
 * `exclude`, so they are built inside a copy of it.
 */
export function buildkit(): boolean {
  if (!has('go', 'version')) {
    console.log('go was not found: BuildKit is left out')
    return true
  }
  if (PROGRAMS.every((name) => existsSync(join(toolBin, name)))) return true
  const argv = ['mod', 'download', '-json', `${MODULE}@${VERSION}`]
  console.log(`go ${argv.join(' ')}`)
  const { status, stdout } = spawnSync('go', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (status !== 0) return false
  const { Dir } = JSON.parse(stdout) as { Dir: string }
  const folder = mkdtempSync(join(tmpdir(), 'sluice-buildkit-source-'))
  try {
    cpSync(Dir, folder, { recursive: true })
    // The module cache is read-only.
    for (const path of [folder, ...globSync('**/', { cwd: folder }).map((name) => join(folder, name))])
      chmodSync(path, 0o755)
    mkdirSync(toolBin, { recursive: true })
    const flags = ['-ldflags', `-s -w -X ${MODULE}/version.Version=${VERSION}`]
    return PROGRAMS.map((name) =>
      run('go', ['build', ...flags, '-o', join(toolBin, name), `./cmd/${name}`], {
        cwd: folder,
        env: { CGO_ENABLED: '0' },
      }),
    ).every(Boolean)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
