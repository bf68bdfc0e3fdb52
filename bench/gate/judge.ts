/** One verdict in a process of its own: prints time from the start of the work, peak memory and the verdict. */

import { createHash } from 'node:crypto'
import { evaluationSchema } from '../../src/domain/models/evaluation.ts'
import { gatePolicySchema } from '../../src/domain/models/policy.ts'
import { decide } from '../../src/gate/decide.ts'
import { rowRequests } from '../../src/gate/plan.ts'
import { readRows } from '../../src/gate/rows/read.ts'
import { nodeFiles } from '../../src/runtime/node/files.ts'

const [path = '', metric = 'f1', resamples = '10000', columns = 'predicted', count = ''] =
  process.argv.slice(2)
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const evidence = evaluationSchema.parse({
  schema: 'sluice.evaluation/v1',
  run: 'bench',
  seed: 1,
  model: { name: 'bench', digest: digest('a') },
  champion: { digest: digest('b') },
  dataset: { digest: digest('c'), ...(count === '' ? {} : { rows: Number(count) }) },
  rows: {
    path,
    id: 'id',
    label: 'label',
    champion: { [columns]: 'champion' },
    challenger: { [columns]: 'challenger' },
  },
})
const policy = gatePolicySchema.parse({
  primary: { metric, direction: 'higher', rule: 'superior' },
  resamples: Number(resamples),
})
const start = performance.now()
const before = process.cpuUsage()
const hash = createHash('sha256')
async function* bytes(): AsyncIterable<Uint8Array> {
  for await (const chunk of nodeFiles.stream?.(path) ?? []) {
    hash.update(chunk)
    yield chunk
  }
}
const rows = await readRows(path, bytes(), rowRequests(evidence, policy), evidence.dataset.rows)
const read = performance.now()
const verdict = decide(evidence, rows, policy, {
  evidence: `sha256:${hash.digest('hex')}`,
  rows: null,
  look: 1,
})
const end = performance.now()
const used = process.cpuUsage(before)
console.log(
  JSON.stringify({
    seconds: (end - start) / 1000,
    cpu: (used.user + used.system) / 1e6,
    reading: (read - start) / 1000,
    whole: end / 1000,
    memory: process.resourceUsage().maxRSS * 1024,
    verdict: verdict.verdict,
    interval: verdict.metrics[0]?.interval,
    difference: verdict.metrics[0]?.difference,
    error: verdict.power?.['error'],
  }),
)
