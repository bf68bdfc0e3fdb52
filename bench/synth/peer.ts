import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { System } from '../../src/domain/system/system.ts'
import { toolCache } from '../../test/tools-folder.ts'

/** The command line that most teams use, and what it runs TypeScript with. */
const PACKAGES = ['cdktf-cli@0.21.0', 'ts-node@10.9.2', 'typescript@5.9.3', '@types/node@24.9.2']
const root = join(import.meta.dirname, '../..')

const MAIN = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { compileAws } from './cdktf/aws/compile'
compileAws({ system: JSON.parse(readFileSync('system.json', 'utf8')), images: {} }).then((made) => {
  const stacks: Record<string, unknown> = {}
  for (const { name, json } of made) {
    const folder = \`stacks/\${name}\`
    mkdirSync(\`cdktf.out/\${folder}\`, { recursive: true })
    writeFileSync(\`cdktf.out/\${folder}/cdk.tf.json\`, JSON.stringify(json, undefined, 2))
    stacks[name] = { name, constructPath: name, synthesizedStackPath: \`\${folder}/cdk.tf.json\`,
      workingDirectory: folder, annotations: [], dependencies: [] }
  }
  writeFileSync('cdktf.out/manifest.json', JSON.stringify({ version: '0.21.0', stacks }))
})
`

/**
 * `cdktf synth` with ts-node, on the same constructs and the same system: an app folder with our sources as a team would have
 * them, and a program that is all of a CDKTF app. Returns what runs it once, or undefined where the command line cannot be had.
 */
export function cdktfSynth(system: System, folder: string): (() => number) | undefined {
  const cli = join(toolCache, 'cdktf-cli')
  const program = join(cli, 'node_modules/.bin/cdktf')
  // What the command line has compiled fits the Node that is on PATH without ours.
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith('node_modules/.bin'))
  const env = { ...process.env, PATH: path.join(delimiter), CHECKPOINT_DISABLE: '1', CI: '1' }
  if (!existsSync(program)) {
    mkdirSync(cli, { recursive: true })
    writeFileSync(join(cli, 'package.json'), '{}\n')
    const args = ['install', '--no-audit', '--no-fund', ...PACKAGES]
    if (spawnSync('npm', args, { cwd: cli, env, stdio: 'inherit' }).status !== 0) return undefined
  }
  writeApp(folder, cli, system)
  return () => {
    const started = process.hrtime.bigint()
    const { status, stderr } = spawnSync(program, ['synth'], { cwd: folder, env, encoding: 'utf8' })
    if (status !== 0) throw new Error(`cdktf synth ended with ${status}: ${stderr}`)
    return Number(process.hrtime.bigint() - started) / 1e6
  }
}

function writeApp(folder: string, cli: string, system: System): void {
  for (const part of ['cdktf', 'src/domain'])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  for (const name of globSync('{cdktf,src}/**/*.ts', { cwd: folder })) {
    const path = join(folder, name)
    // TypeScript 5 wants imports without the extension.
    const text = readFileSync(path, 'utf8').replace(/(from |import\()'(\.[^']*)\.ts'/g, "$1'$2'")
    writeFileSync(path, text)
  }
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, '@types'), { recursive: true })
  for (const name of ['cdktf', 'constructs', '@cdktf']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  for (const name of ['typescript', '@types/node'])
    symlinkSync(join(cli, 'node_modules', name), join(modules, name))
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2023'],
    module: 'commonjs',
    moduleResolution: 'node',
    esModuleInterop: true,
    skipLibCheck: true,
    strict: true,
    types: ['node'],
    preserveSymlinks: true,
  }
  const app = `${join(cli, 'node_modules/.bin/ts-node')} main.ts`
  const files = {
    'main.ts': MAIN,
    'system.json': JSON.stringify(system),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'cdktf.json': JSON.stringify({
      language: 'typescript',
      app,
      projectId: 'bench',
      sendCrashReports: 'false',
    }),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}
