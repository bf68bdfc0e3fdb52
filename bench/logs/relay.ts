import { once } from 'node:events'
import { plainDisplay } from '../../src/cli/display.ts'
import { Redactor } from '../../src/runtime/redact.ts'
import { LineSplitter } from '../../src/tools/log-relay/lines.ts'

/** Standard input to standard output, as the command line shows a job's output; on standard error its peak of memory, KiB, and its time of CPU, microseconds. */
const redactor = new Redactor()
redactor.register('canary-secret-4711')
const splitter = new LineSplitter()

const display = plainDisplay({
  write: (text) => {
    shown = text
  },
  redactor,
  style: (_, text) => text,
  width: () => 120,
  verbose: false,
  now: Date.now,
})
let shown = ''

async function write(line: string): Promise<void> {
  display.event({ kind: 'output', source: 'train', line })
  if (!process.stdout.write(shown)) await once(process.stdout, 'drain')
}

for await (const piece of process.stdin as AsyncIterable<Buffer>) {
  const text = splitter.block(piece)
  if (text !== undefined) await write(text)
}
for (const line of splitter.end()) await write(line)
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
process.stderr.write(`peak ${maxRSS} cpu ${userCPUTime + systemCPUTime}\n`)
