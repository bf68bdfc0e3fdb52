import { readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Plugin } from 'esbuild'
import { readBinding } from './bindings/read.ts'
import { tableModule } from './bindings/write.ts'

/** What cdktf brings along and a compiler of plain JSON never calls, file -> what stands for it. */
const REPLACED: Readonly<Record<string, string>> = {
  // Every token takes a stack trace: half of the time of a synthesis (FIELD: `stackTraces: false` does not reach them).
  'cdktf/lib/tokens/private/stack-trace.js': 'exports.captureStackTrace = () => []',
  'constructs/lib/private/stack-trace.js': 'exports.captureStackTrace = () => []',
  // Its zips are for TerraformAsset, which we do not use; archiver and what it needs are a megabyte.
  'cdktf/lib/private/fs.js':
    'for (const name of ["archiveSync", "copySync", "findFileAboveCwd", "hashPath", "symlinkSync"]) exports[name] = () => { throw new Error(name + " is not in this bundle") }',
  // HCL is never asked for, and nothing is tested in a bundle.
  'cdktf/lib/hcl/render.js': '',
  'cdktf/lib/testing/index.js': '',
  'cdktf/lib/testing/matchers.js': '',
  // It asks the engine for its version, for which it loads half of Node.
  'cdktf/lib/validations/validate-binary-version.js':
    'exports.ValidateBinaryVersion = class { validate() { return [] } }',
}

/**
 * Leaves out of a bundle what cdktf never needs here, and puts tables in place of the bindings (cdktf/core/binding.ts).
 *
 * @param root of the repository
 */
export function slimCdktf(root: string): Plugin {
  return {
    name: 'slim-cdktf',
    setup(esbuild) {
      esbuild.onLoad({ filter: /node_modules[\\/](cdktf|constructs)[\\/]lib[\\/].*\.js$/ }, ({ path }) => {
        const name = path.split(`node_modules${sep}`).at(-1)?.replaceAll(sep, '/') ?? ''
        const stand = REPLACED[name] ?? repaired(name, path)
        return stand === undefined ? undefined : { contents: stand, loader: 'js' }
      })
      const runtime = join(root, 'cdktf/core/binding.ts')
      esbuild.onLoad(
        { filter: /node_modules[\\/]@cdktf[\\/]provider-[a-z]+[\\/]lib[\\/].*\.js$/ },
        ({ path }) => ({
          contents: tableModule(readBinding(readFileSync(path, 'utf8')), runtime),
          loader: 'js',
          resolveDir: root,
        }),
      )
    },
  }
}

/** Node warns about `util.isArray` on stderr, of every run. */
function repaired(name: string, path: string): string | undefined {
  if (name !== 'cdktf/lib/terraform-output.js') return undefined
  const text = readFileSync(path, 'utf8')
  const repaired = text.replaceAll('(0, util_2.isArray)(', 'Array.isArray(')
  if (repaired === text) throw new Error(`${name} does not call util.isArray any more: take this out`)
  return repaired
}
