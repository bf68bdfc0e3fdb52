import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cdktnFolder } from '../../test/tools-folder.ts'
import { run } from './run.ts'

/** The fork that goes on where cdktf ended, with its own bindings: as large as all our other packages, so not one of them. */
const PACKAGES = ['cdktn@0.24.0', '@cdktn/provider-aws@25.5.0', 'constructs@10.6.0']

export function cdktn(): boolean {
  if (existsSync(join(cdktnFolder, '@cdktn/provider-aws'))) return true
  const folder = join(cdktnFolder, '..')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}\n')
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
  return run('npm', ['install', ...quiet, ...PACKAGES], { cwd: folder })
}
