import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pluginProtocol, toolBin, toolCache } from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

const MODULE = 'github.com/opentofu/opentofu'
/** Pinned: Go's checksum database holds the content. */
const VERSION = 'v1.12.6'

/**
 * OpenTofu from its Go module, in 1 to 6 minutes, once; and the definition of the plugin protocol that it carries, which stays
 * outside the repository because its licence is another (MPL-2.0).
 *
 * `go install module@version` refuses a module with `replace`, so a module of our own repeats what its go.mod replaces.
 */
export function opentofu(): boolean {
  if (!has('go', 'version')) {
    console.log('go was not found: OpenTofu is left out')
    return true
  }
  const tofu = join(toolBin, 'tofu')
  if (existsSync(pluginProtocol) && versionOf(tofu) === VERSION) return true
  const module = download()
  if (module === undefined) return false
  const folder = join(toolCache, 'tools', 'opentofu')
  mkdirSync(folder, { recursive: true })
  mkdirSync(toolBin, { recursive: true })
  const { go, replaced } = read(readFileSync(module.GoMod, 'utf8'))
  const text = ['module sluice.example/opentofu', `go ${go}`, `require ${MODULE} ${VERSION}`, ...replaced, '']
  writeFileSync(join(folder, 'go.mod'), text.join('\n\n'))
  const built = run(
    'go',
    [
      'build',
      '-mod=mod',
      '-trimpath',
      '-ldflags',
      `-s -w -X ${MODULE}/version.dev=no`,
      '-o',
      tofu,
      `${MODULE}/cmd/tofu`,
    ],
    {
      cwd: folder,
      env: { CGO_ENABLED: '0' },
    },
  )
  if (built) copyFileSync(join(module.Dir, 'docs/plugin-protocol/tfplugin6.10.proto'), pluginProtocol)
  return built
}

function versionOf(tofu: string): string | undefined {
  const { status, stdout } = spawnSync(tofu, ['version', '-json'], { encoding: 'utf8' })
  // Warnings about the user's own configuration may stand before the JSON.
  const version = /"terraform_version": "(.+)"/.exec(stdout ?? '')?.[1]
  return status === 0 && version !== undefined ? `v${version}` : undefined
}

function download(): { readonly Dir: string; readonly GoMod: string } | undefined {
  const argv = ['mod', 'download', '-json', `${MODULE}@${VERSION}`]
  console.log(`go ${argv.join(' ')}`)
  const { status, stdout } = spawnSync('go', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  return status === 0 ? (JSON.parse(stdout) as { Dir: string; GoMod: string }) : undefined
}

/** The lines of a go.mod that the building module needs too. */
function read(goMod: string): { readonly go: string; readonly replaced: readonly string[] } {
  return {
    go: /^go (\S+)$/m.exec(goMod)?.[1] ?? '1.26',
    replaced: goMod.match(/^replace .+ => .+$/gm) ?? [],
  }
}
