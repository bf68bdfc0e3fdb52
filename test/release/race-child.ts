/** One process of the race: takes the lock if it can, moves live.json, and says what it came to. */

import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { holdLock } from '../../src/commands/rollout/hold.ts'
import { digestOf } from '../../src/domain/digest.ts'
import { SluiceError } from '../../src/domain/error.ts'
import { fileObjects } from '../../src/providers/local/objects/file-objects.ts'
import { openLedger } from '../../src/release/ledger.ts'
import { rolloutLock } from '../../src/release/lock.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'

const [, , mode, folder = '', uri = '', name = ''] = process.argv
const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })
const objects = fileObjects([folder])
const ledger = openLedger(objects, uri, runtime)

async function race(): Promise<string> {
  if (mode === 'swap') {
    const live = await ledger.live()
    const content = {
      system: 'shop',
      environment: 'test',
      commit: name,
      services: { web: { image: `local/web@${digestOf(name)}` as const } },
      verdicts: [],
    }
    const release = await ledger.record(content, { by: name, live: live?.value })
    await ledger.goLive(release, live)
    return `live ${release.sequence}`
  }
  const held = await holdLock(runtime, rolloutLock(objects, uri), 0)
  if (mode === 'die') process.kill(process.pid, 'SIGKILL')
  // Fails where another process is here at the same moment.
  const inside = fileURLToPath(`${uri}inside`)
  await writeFile(inside, '', { flag: 'wx' })
  await runtime.clock.sleep(Number(name))
  await rm(inside)
  await held.free()
  return 'held'
}

process.stdout.write(
  await race().catch((error: unknown) =>
    error instanceof SluiceError ? `${error.outcome}: ${error.message}` : String(error),
  ),
)
