import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { toolBin } from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

/** The emulator of Pub/Sub in pubsub/; go.sum pins what it is made of. Built anew it takes a second: Go keeps the parts. */
export function pubsub(): boolean {
  if (!has('go', 'version')) {
    console.log('go was not found: the emulator of Pub/Sub is left out')
    return true
  }
  mkdirSync(toolBin, { recursive: true })
  const cwd = join(import.meta.dirname, 'pubsub')
  return run('go', ['build', '-o', join(toolBin, 'pubsub-emulator'), '.'], { cwd, env: { CGO_ENABLED: '0' } })
}
