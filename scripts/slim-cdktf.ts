import { readFileSync } from 'node:fs'
import { sep } from 'node:path'
import type { Plugin } from 'esbuild'

/** What cdktf brings along and a compiler of plain JSON never calls, file -> what stands for it. */
const REPLACED: Readonly<Record<string, string>> = {
  // Every token takes a stack trace: half of the time of a synthesis (FIELD: `stackTraces: false` does not reach them).
  'cdktf/lib/tokens/private/stack-trace.js': 'exports.captureStackTrace = () => []',
  'constructs/lib/private/stack-trace.js': 'exports.captureStackTrace = () => []',
  // Its zips are for TerraformAsset, which we do not use; archiver and what it needs are a megabyte.
  'cdktf/lib/private/fs.js':
    'for (const name of ["archiveSync", "copySync", "findFileAboveCwd", "hashPath", "symlinkSync"]) exports[name] = () => { throw new Error(name + " is not in this bundle") }',
  // It asks the engine for its version, for which it loads half of Node.
  'cdktf/lib/validations/validate-binary-version.js':
    'exports.ValidateBinaryVersion = class { validate() { return [] } }',
}

/** Leaves out of a bundle what cdktf never needs here. */
export function slimCdktf(): Plugin {
  return {
    name: 'slim-cdktf',
    setup(esbuild) {
      esbuild.onLoad({ filter: /node_modules[\\/](cdktf|constructs)[\\/]lib[\\/].*\.js$/ }, ({ path }) => {
        const name = path.split(`node_modules${sep}`).at(-1)?.replaceAll(sep, '/') ?? ''
        const stand = REPLACED[name] ?? repaired(name, path)
        return stand === undefined ? undefined : { contents: stand, loader: 'js' }
      })
      esbuild.onLoad(
        { filter: /node_modules[\\/]@cdktf[\\/]provider-[a-z]+[\\/]lib[\\/].*\.js$/ },
        ({ path }) => ({
          contents: withoutHcl(readFileSync(path, 'utf8')),
          loader: 'js',
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

/**
 * A binding says each resource twice, as JSON and as HCL; only JSON is ever asked for. The generator writes every function from
 * its name to a brace in the same column.
 */
export function withoutHcl(source: string): string {
  return source
    .replace(
      /^function (\w+ToHclTerraform)\(struct\) \{\n[\s\S]*?^\}$/gm,
      'function $1() { throw new Error("no HCL here"); }',
    )
    .replace(
      /^ {4}synthesizeHclAttributes\(\) \{\n[\s\S]*?^ {4}\}$/gm,
      '    synthesizeHclAttributes() { throw new Error("no HCL here"); }',
    )
}
