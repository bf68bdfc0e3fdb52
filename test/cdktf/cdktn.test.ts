import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, onTestFinished, test } from 'vitest'
import { loadSystem } from '../../src/config/load.ts'
import type { Stack, Synthesis } from '../../src/domain/stacks/synthesizer.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { describeReal } from '../real.ts'
import { cdktnFolder } from '../tools-folder.ts'

const root = join(import.meta.dirname, '../..')
const REQUIRE =
  "import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);"

type Compile = (input: Synthesis) => Promise<Stack[]>

/** The compiler of AWS, bundled with these packages in place of those that it imports. */
async function compiler(folder: string, name: string, alias: Record<string, string>): Promise<Compile> {
  await build({
    absWorkingDir: root,
    entryPoints: { [name]: 'cdktf/aws/compile/index.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    preserveSymlinks: true,
    alias,
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  const path = pathToFileURL(join(folder, `${name}.mjs`)).href
  return ((await import(path)) as { compileAws: Compile }).compileAws
}

const lines = (stack: Stack): string[] => JSON.stringify(stack.json, undefined, 1).split('\n')

describeReal('the fork of cdktf', ['cdktn'], () => {
  test('cdktn gives the same JSON but for its version and the source and version of the provider', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-cdktn-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const examples = join(root, 'examples/filmlens')
    const { system } = await loadSystem(nodeFiles, join(examples, 'sluice.yml'), 'production', examples)
    const ours = await (await compiler(folder, 'cdktf', {}))({ system, images: {} })
    const fork = {
      cdktf: join(cdktnFolder, 'cdktn'),
      '@cdktf/provider-aws': join(cdktnFolder, '@cdktn/provider-aws'),
      constructs: join(cdktnFolder, 'constructs'),
    }
    const theirs = await (await compiler(folder, 'cdktn', fork))({ system, images: {} })
    expect(theirs.map(({ name }) => name)).toEqual(ours.map(({ name }) => name))
    for (const [index, stack] of ours.entries()) {
      const [one, other] = [lines(stack), lines(theirs[index] as Stack)]
      expect(other).toHaveLength(one.length)
      const different = one.flatMap((line, at) => (line === other[at] ? [] : [line.trim()]))
      expect(different).toEqual(['"version": "0.21.0",', '"version": "6.25.0",', '"source": "aws"'])
    }
  })
})
