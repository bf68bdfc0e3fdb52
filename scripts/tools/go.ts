import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { toolBin } from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

/** Pinned: Go's checksum database holds the content of each. */
const MODULES = {
  act: 'github.com/nektos/act@v0.2.89',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  'fake-gcs-server': 'github.com/fsouza/fake-gcs-server@v1.52.3',
} as const

export function goTools(): boolean {
  if (!has('go', 'version')) {
    console.log(`go was not found: ${Object.keys(MODULES).join(' and ')} are left out`)
    return true
  }
  mkdirSync(toolBin, { recursive: true })
  return Object.entries(MODULES)
    .filter(([name]) => !existsSync(join(toolBin, name)))
    .map(([, module]) => run('go', ['install', module], { env: { GOBIN: toolBin, CGO_ENABLED: '0' } }))
    .every(Boolean)
}
