/**
 * `node build.ts`: the three functions as Lambda runs them, JavaScript without types (Lambda takes no TypeScript,
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-typescript.html). The AWS SDK is Lambda's own.
 */
import { join } from 'node:path'
import { build } from 'esbuild'

const FUNCTIONS = ['upload-url', 'latest-result', 'start-worker'] as const

/** What ES modules lack that CommonJS, as of the SDK, asks for. */
const REQUIRE = "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)"

/**
 * Path of the function's program -> its text.
 *
 * @param sdk `inside` where a stand-in of Lambda does not bring it along
 */
export async function builtFunctions(
  sdk: 'of Lambda' | 'inside' = 'of Lambda',
): Promise<ReadonlyMap<string, string>> {
  const built = new Map<string, string>()
  for (const name of FUNCTIONS) {
    const { outputFiles } = await build({
      absWorkingDir: join(import.meta.dirname, 'functions'),
      entryPoints: [`src/${name}.ts`],
      bundle: true,
      external: sdk === 'inside' ? [] : ['@aws-sdk/*'],
      format: 'esm',
      platform: 'node',
      target: 'node22',
      write: false,
      banner: { js: sdk === 'inside' ? REQUIRE : '// Made of functions/src by "node build.ts".' },
    })
    built.set(join('functions/generated', name, 'index.mjs'), outputFiles[0]?.text ?? '')
  }
  return built
}

/** The detector and all that it needs in one file, for machines that have Node.js alone. */
export async function builtDetector(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: join(import.meta.dirname, 'worker/detector'),
    entryPoints: ['main.ts'],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    write: false,
    banner: { js: REQUIRE },
  })
  return outputFiles[0]?.text ?? ''
}

if (import.meta.main) {
  const { mkdir, writeFile } = await import('node:fs/promises')
  for (const [path, text] of await builtFunctions()) {
    const file = join(import.meta.dirname, path)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, text)
    console.log(path)
  }
}
