import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { workflowFiles } from '../../scripts/workflows.ts'
import { loadDocument } from '../../src/config/load.ts'
import { cronOf } from '../../src/domain/system/schedule.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'

const ROOT = join(import.meta.dirname, '../..')

async function schedulesOf(example: string): Promise<readonly string[]> {
  const { files } = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }, ROOT, {})
  const { environments } = await loadDocument(files, join(ROOT, 'examples', example, 'sluice.yml'), ROOT)
  const pipelines = environments.flatMap(({ system }) => Object.values(system.pipelines))
  return [...new Set(pipelines.flatMap(({ schedule }) => (schedule === undefined ? [] : [schedule])))]
}

function cronsOf(path: string): readonly string[] {
  const file = workflowFiles(ROOT, 'workflows-templates').find((one) => one.path.endsWith(path))
  const { on } = parse(file?.text ?? '') as { on: { schedule: { cron: string }[] } }
  return on.schedule.map(({ cron }) => cron)
}

test('the workflow that trains filmlens has the cron of its pipeline', async () => {
  expect(cronsOf('filmlens/filmlens-train.yml')).toEqual((await schedulesOf('filmlens')).map(cronOf))
})

test('the caller to copy is monthly', () => {
  expect(cronsOf('workflows-templates/train.yml')).toEqual([cronOf('monthly')])
})
