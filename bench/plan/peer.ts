import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { toolBin } from '../../test/tools-folder.ts'

/**
 * tf-summarize, built from its Go module at the sums of peer/go.sum; undefined where Go is not there. Go's checksum database
 * no longer knows the module, so the committed sums stand in for it.
 */
export function tfSummarize(): string | undefined {
  const program = join(toolBin, 'tf-summarize')
  if (existsSync(program)) return program
  const env = { ...process.env, GONOSUMDB: 'github.com/dineshba/*', CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
  const args = ['build', '-o', program, 'github.com/dineshba/tf-summarize']
  const { status } = spawnSync('go', args, { cwd: join(import.meta.dirname, 'peer'), env, stdio: 'inherit' })
  return status === 0 ? program : undefined
}
