import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toolBin } from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

interface Source {
  readonly module: string
  /** Pinned: Go's checksum database holds the content. */
  readonly version: string
  /** Name -> package. */
  readonly programs: Readonly<Record<string, string>>
}

const SOURCES: readonly Source[] = [
  {
    module: 'github.com/moby/buildkit',
    // Later ones need modules that not every proxy has.
    version: 'v0.25.2',
    programs: { buildkitd: './cmd/buildkitd', buildctl: './cmd/buildctl' },
  },
  {
    module: 'github.com/docker/buildx',
    version: 'v0.29.1',
    programs: { 'docker-buildx': './cmd/buildx' },
  },
]

/** BuildKit's daemon and client, and Docker's plugin for it, from their Go modules: in 2 to 5 minutes, once. */
export function buildkit(): boolean {
  if (!has('go', 'version')) {
    console.log('go was not found: BuildKit and buildx are left out')
    return true
  }
  return SOURCES.map(built).every(Boolean)
}

/** `go install module@version` refuses a module with `exclude`, so the programs are built inside a copy of it. */
function built({ module, version, programs }: Source): boolean {
  if (Object.keys(programs).every((name) => existsSync(join(toolBin, name)))) return true
  const argv = ['mod', 'download', '-json', `${module}@${version}`]
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
    const flags = ['-ldflags', `-s -w -X ${module}/version.Version=${version}`]
    return Object.entries(programs)
      .map(([name, path]) =>
        run('go', ['build', ...flags, '-o', join(toolBin, name), path], {
          cwd: folder,
          env: { CGO_ENABLED: '0' },
        }),
      )
      .every(Boolean)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
