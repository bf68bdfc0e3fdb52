/**
 * `npm run bundle [FOLDER]`: dist/, what the actions and the command line run. The same sources give the same bytes in
 * any folder (promise R11): no path, no time and no source map gets into them.
 *
 * A door (cli.js, <verb>.js) is one file with what it needs to refuse bad input, since every further file costs a door
 * about 3 % of Node's start. What a door imports lazily is bundled on its own, with shared code split into chunks.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { notices } from './notices.ts'
import { slimCdktf } from './slim-cdktf.ts'
import { slimPackages } from './slim-packages.ts'

/**
 * Processes and threads of their own, looked for beside the chunk that starts them: the local cloud's supervisor, a job's
 * keeper, a reader of build contexts.
 */
const PROCESSES = {
  'chunks/local-daemon': 'src/providers/local/daemon/entry.ts',
  'chunks/job-keeper': 'src/providers/local/jobs/keeper.ts',
  'chunks/context-reader': 'src/tools/context/reader.ts',
}

/** Bundled CommonJS packages call require for Node's own modules. */
export const BANNER = {
  js: "import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);",
}

/** How what is shipped is compiled; a bench that measures a part of it compiles it so too. */
export const SHIPPED = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  // ES modules where a package has them too: what is not used is left out of them.
  mainFields: ['module', 'main'],
} as const satisfies BuildOptions

/**
 * `sluice validate` runs at every save, so it is two files: what reads sluice.yml, whole and once for everybody, and the rest of
 * the command. To find and link the parts that it shares with others takes longer than to judge a file.
 */
const CONFIG = 'src/config/library.ts'
const VALIDATE = 'src/cli/run-validate.ts'

export interface Bundle {
  /** Of the doors. */
  readonly doors: Metafile
  /** Of what they import lazily. */
  readonly lazy: Metafile
  readonly compilers: Metafile
}

/**
 * The compilers, each one file: a chunk costs half a millisecond to find and link, and a compiler would have forty. What a
 * system does not need is wrapped, and is not run.
 */
const COMPILERS = ['cdktf/aws/compile/index.ts', 'cdktf/gcp/compile/index.ts']

/** What the compilers use of cdktf, once: a file of its own beside them. */
const LIBRARY = 'cdktf/library.ts'

/** Builds the sources below `root` into `folder`, which is emptied first. */
export async function bundle(root: string, folder: string): Promise<Bundle> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const options = optionsFor(root, resolve(folder))
  const doors = doorEntries(root)
  const targets = new Set(await lazyTargets(options, doors))
  targets.delete(VALIDATE)
  for (const path of await lazyTargets(options, { config: CONFIG, validate: VALIDATE }, isOthers))
    targets.add(path)
  const lazy = await build({
    ...options,
    entryPoints: {
      ...Object.fromEntries([...targets].sort().map((path) => [lazyName(path), path])),
      ...PROCESSES,
    },
    splitting: true,
    plugins: [
      ...options.plugins,
      lazyImports(root, '.', (source) => COMPILERS.includes(source), ''),
      sharedLibrary(),
      sharedConfig(root),
    ],
    banner: BANNER,
  })
  const library = await build({ ...options, entryPoints: { [lazyName(LIBRARY)]: LIBRARY }, banner: BANNER })
  const compilers = await build({
    ...options,
    entryPoints: Object.fromEntries(COMPILERS.map((path) => [lazyName(path), path])),
    plugins: [...options.plugins, sharedLibrary()],
    banner: BANNER,
  })
  const built = await build({
    ...options,
    entryPoints: doors,
    plugins: [...(options.plugins ?? []), lazyImports(root)],
  })
  const others = lazyImports(root, '..', isOthers)
  const config = await build({
    ...options,
    entryPoints: { [lazyName(CONFIG)]: CONFIG },
    plugins: [...options.plugins, others],
  })
  const validate = await build({
    ...options,
    entryPoints: { [lazyName(VALIDATE)]: VALIDATE },
    plugins: [...options.plugins, others, sharedConfig(root)],
  })
  const inputs = [built, lazy, compilers, library, config, validate].flatMap(({ metafile }) =>
    Object.keys(metafile.inputs),
  )
  writeFileSync(join(folder, 'NOTICES.txt'), notices(root, inputs))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  return {
    doors: built.metafile,
    lazy: merged(lazy.metafile, config.metafile, validate.metafile),
    compilers: merged(compilers.metafile, library.metafile),
  }
}

function optionsFor(root: string, outdir: string) {
  return {
    absWorkingDir: root,
    outdir,
    ...SHIPPED,
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
    logLevel: 'warning',
    // Names of chunks come from paths: those below this folder, even where node_modules is a link.
    preserveSymlinks: true,
    // The ES modules of the same release: one scope, out of which what is not used is left.
    alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
    plugins: [slimPackages(root), slimCdktf(root)],
  } as const satisfies BuildOptions
}

/** Name in dist/, without .js -> source. */
function doorEntries(root: string): Record<string, string> {
  const actions = readdirSync(join(root, 'actions')).map((verb) => [verb, `actions/${verb}/main.ts`])
  return { cli: 'src/cli/main.ts', ...Object.fromEntries(actions) }
}

/** The sources that the doors' own files import by `import()`. */
async function lazyTargets(
  options: BuildOptions,
  doors: Record<string, string>,
  isLazy: (source: string) => boolean = () => true,
): Promise<string[]> {
  const lazy = new Set<string>()
  const noteAndLeave: Plugin = {
    name: 'note-lazy-imports',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined
        const source = relativeTo(options.absWorkingDir ?? '', join(resolveDir, path))
        if (!isLazy(source)) return undefined
        lazy.add(source)
        return { path, external: true }
      })
    },
  }
  await build({ ...options, entryPoints: doors, write: false, plugins: [noteAndLeave] })
  return [...lazy].sort()
}

/** In a door, `import('../commands/build.ts')` becomes `import('./chunks/src-commands-build.js')`. */
function lazyImports(
  root: string,
  toDist = '.',
  isLazy: (source: string) => boolean = () => true,
  folder = 'chunks/',
): Plugin {
  return {
    name: 'lazy-imports',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const source = relativeTo(root, join(resolveDir, path))
        return kind === 'dynamic-import' && isLazy(source)
          ? { path: `${toDist}/${folder}${lazyName(source).slice('chunks/'.length)}.js`, external: true }
          : undefined
      })
    },
  }
}

/** In the compilers, what they use of cdktf is the file of LIBRARY. */
function sharedLibrary(): Plugin {
  return {
    name: 'shared-library',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^(cdktf|constructs)(\/|$)/ }, () => ({
        path: `./${lazyName(LIBRARY).slice('chunks/'.length)}.js`,
        external: true,
      }))
    },
  }
}

function merged(...files: readonly Metafile[]): Metafile {
  return {
    inputs: Object.assign({}, ...files.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...files.map(({ outputs }) => outputs)),
  }
}

/** Outside of src/config, what is imported of it is the file of CONFIG. */
function sharedConfig(root: string): Plugin {
  const folder = join(root, 'src/config')
  return {
    name: 'shared-config',
    setup(esbuild) {
      esbuild.onResolve({ filter: /\/config\/[\w-]+\.ts$/ }, ({ kind, path, resolveDir }) => {
        const isOwn = resolveDir === folder || resolveDir.startsWith(`${folder}/`)
        return kind === 'import-statement' && !isOwn && join(resolveDir, path, '..') === folder
          ? { path: `./${lazyName(CONFIG).slice('chunks/'.length)}.js`, external: true }
          : undefined
      })
    },
  }
}

/** The parts of src/config belong to who checks sluice.yml. */
function isOthers(source: string): boolean {
  return !source.startsWith('src/config/')
}

function lazyName(source: string): string {
  return `chunks/${source.replace(/\.ts$/, '').replaceAll('/', '-')}`
}

function relativeTo(root: string, path: string): string {
  return path.slice(root.length + 1).replaceAll('\\', '/')
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..')
  const folder = process.argv[2] ?? join(root, 'dist')
  const { doors, lazy, compilers } = await bundle(root, folder)
  const outputs = { ...doors.outputs, ...lazy.outputs, ...compilers.outputs }
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0)
  console.log(`${Object.keys(outputs).length} files, ${(bytes / 1024).toFixed(0)} KiB in ${folder}`)
}
