/**
 * `npm run bundle [FOLDER]`: dist/, what the actions and the command line run. The same sources give the same bytes in
 * any folder (promise R11): no path, no time and no source map gets into them.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build, type Metafile } from 'esbuild'
import { notices } from './notices.ts'

const root = join(import.meta.dirname, '..')

/** Name in dist/, without .js -> source. */
function entries(): Record<string, string> {
  const actions = readdirSync(join(root, 'actions')).map((verb) => [verb, `actions/${verb}/main.ts`])
  return {
    cli: 'src/cli/main.ts',
    ...Object.fromEntries(actions),
    // The supervisor of the local cloud is a process of its own; launch.ts looks for it beside its own chunk.
    'chunks/local-daemon': 'src/providers/local/daemon/entry.ts',
  }
}

/** Builds into a folder and returns which source went where. */
export async function bundle(folder: string): Promise<Metafile> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries(),
    outdir: resolve(folder),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
    loader: { '.node': 'copy' },
    // Bundled CommonJS packages call require for Node's own modules.
    banner: {
      js: "import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);",
    },
  })
  writeFileSync(join(folder, 'NOTICES.txt'), notices(root, Object.keys(metafile.inputs)))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  return metafile
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2] ?? join(root, 'dist')
  const { outputs } = await bundle(folder)
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0)
  console.log(`${Object.keys(outputs).length} files, ${(bytes / 1024).toFixed(0)} KiB in ${folder}`)
}
