import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { synthesizer } from '../../cdktf/index.ts'
import { loadDocument } from '../../src/config/load.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'
import { acceptedIn, disagreements, type Finding } from '../policy/findings.ts'
import { describeReal } from '../real.ts'
import { pythonProgram } from '../tools-folder.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

const reportSchema = z.object({
  results: z.object({
    failed_checks: z.array(
      z.object({ check_id: z.string(), check_name: z.string(), file_path: z.string(), resource: z.string() }),
    ),
  }),
  summary: z.object({ passed: z.number(), parsing_errors: z.number() }),
})

/** The stacks of every cloud environment of the five systems and of the documented example, into a folder each. */
async function writeAll(folder: string): Promise<{ accepted: Finding[]; clouds: Set<string> }> {
  const entries = await readdir(join(root, 'examples'), { withFileTypes: true })
  const examples = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const files = [...examples.map((name) => `examples/${name}/sluice.yml`), 'sluice.example.yml']
  const accepted: Finding[] = []
  const clouds = new Set<string>()
  for (const file of files) {
    const { environments } = await loadDocument(nodeFiles, join(root, file), root)
    for (const { name, cloud, system } of environments) {
      if (!existsSync(join(root, 'cdktf', cloud, 'compile/index.ts'))) continue
      clouds.add(cloud)
      for (const stack of await synthesizer.synthesize({ system, images: {} })) {
        // The scanner's reader ends at what has no resources: a text below `terraform`, the list of `moved`.
        const { resource, data, locals, provider } = stack.json
        const json = { resource, data, locals, provider }
        const place = `${file.replaceAll('/', '.')}/${name}/${stack.name}`
        await mkdir(join(folder, place), { recursive: true })
        await writeFile(join(folder, place, 'cdk.tf.json'), JSON.stringify(json, undefined, 2))
        accepted.push(...acceptedIn(place, stack.json))
      }
    }
  }
  return { accepted, clouds }
}

/** checkov ends with 1 where it found something; it asks no server for anything. */
async function scan(folder: string): Promise<z.infer<typeof reportSchema>> {
  const argv = ['--directory', folder, '--framework', 'terraform_json', '--output', 'json']
  const { stdout } = await run(
    pythonProgram('scanners', 'checkov'),
    [...argv, '--compact', '--skip-download'],
    {
      maxBuffer: 64 * 2 ** 20,
      env: { PATH: process.env['PATH'], HOME: folder, LOG_LEVEL: 'ERROR' },
    },
  ).catch((error: { stdout: string; code: number }) => {
    if (error.code !== 1) throw error
    return error
  })
  return reportSchema.parse(JSON.parse(stdout))
}

describeReal('checkov over what sluice synth writes', ['checkov'], () => {
  test('finds nothing in the five systems but what is accepted beside the resource, with a reason', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-policy-'))
    try {
      const { accepted, clouds } = await writeAll(folder)
      expect([...clouds]).toContain('aws')
      const { results, summary } = await scan(folder)
      expect(summary.parsing_errors).toBe(0)
      expect(summary.passed).toBeGreaterThan(1000)
      const found = results.failed_checks.map(({ check_id, check_name, file_path, resource }) => ({
        stack: file_path.slice(1, -'/cdk.tf.json'.length),
        resource: resource.slice(resource.indexOf('.') + 1),
        check: check_id,
        text: check_name,
      }))
      expect(disagreements(found, accepted)).toEqual([])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 300_000)
})
