import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PlanEvents } from '../../src/plan/events.ts'
import { engineMessage } from '../../src/tools/engine/messages.ts'
import { LineSplitter } from '../../src/tools/log-relay/lines.ts'

/** Says what `plan -json` says of so many resources, one in ten changing, and last when it ended: nanoseconds of the machine's clock. */
const ENGINE = `
const resources = Number(process.argv[1])
const say = (value) => process.stdout.write(JSON.stringify({ '@level': 'info', '@module': 'tofu.ui', '@timestamp': '2026-11-21T18:00:00.000000Z', ...value }) + '\\n')
const resource = (index) => ({ addr: 'aws_iam_role.resource_' + index, module: '', resource: 'aws_iam_role.resource_' + index, implied_provider: 'aws', resource_type: 'aws_iam_role', resource_name: 'resource_' + index, resource_key: null })
for (let index = 0; index < resources; index++) say({ '@message': 'Refreshing state...', type: 'refresh_complete', hook: { resource: resource(index), id_key: 'id', id_value: 'resource-' + index } })
for (let index = 0; index < resources; index += 10) say({ '@message': 'Plan to update', type: 'planned_change', change: { resource: resource(index), action: 'update' } })
say({ '@message': 'Plan', type: 'change_summary', changes: { add: 0, change: resources / 10, remove: 0, operation: 'plan' } })
process.stdout.write('', () => process.stderr.write(String(process.hrtime.bigint())))
`

/** Milliseconds from the end of the engine's last line to the table, as `plan` gathers it. */
export async function tableDelay(resources: number): Promise<number> {
  const child = spawn(process.execPath, ['-e', ENGINE, String(resources)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const events = new PlanEvents()
  const splitter = new LineSplitter(16 * 1024 * 1024)
  const take = (line: string): void => {
    engineMessage(line)
    events.push(line)
  }
  const closed = once(child, 'close')
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) splitter.push(chunk).forEach(take)
  splitter.end().forEach(take)
  const table = events.end()
  const now = process.hrtime.bigint()
  await closed
  if (table?.counts.update !== resources / 10) throw new Error('the table is not whole')
  return Number(now - BigInt(said)) / 1e6
}
