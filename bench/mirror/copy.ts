/** One copy, or one push of a layout, in a process of its own; prints what it cost. */
import { readFileSync } from 'node:fs'
import { isDigest } from '../../src/domain/digest.ts'
import { openRegistry } from '../../src/images/registry/index.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'

const [source = '', target = '', digest] = process.argv.slice(2)
const registry = openRegistry(nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal }))
try {
  if (isDigest(digest)) {
    await registry.push({ folder: source }, digest, target)
    await registry.tag(`${target}@${digest}`, 'v1')
  } else await registry.copy(source, target)
} finally {
  await registry.close()
}
// What resourceUsage gives begins with the memory of the process that started this one.
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
process.stdout.write(JSON.stringify({ peak: Number(peak) * 1024 }))
