/**
 * `npm run tools`: what some tests need beside Node, into a cache outside the repository: act and actionlint, where Go is
 * there, and the packages of test/python-requirements.txt, where Python is there. What is there already stays.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { toolBin, toolPython, toolPythonFolder } from '../test/tools-folder.ts'

/** Pinned: Go's checksum database holds the content of each. */
const GO_TOOLS = {
  act: 'github.com/nektos/act@v0.2.89',
  actionlint: 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
} as const

const REQUIREMENTS = join(import.meta.dirname, '../test/python-requirements.txt')

function run(command: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  console.log(`${command} ${args.join(' ')}`)
  return spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } }).status === 0
}

function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function goTools(): boolean {
  if (!has('go', 'version')) {
    console.log(`go was not found: ${Object.keys(GO_TOOLS).join(' and ')} are left out`)
    return true
  }
  mkdirSync(toolBin, { recursive: true })
  return Object.entries(GO_TOOLS)
    .filter(([name]) => !existsSync(join(toolBin, name)))
    .map(([, module]) => run('go', ['install', module], { GOBIN: toolBin, CGO_ENABLED: '0' }))
    .every(Boolean)
}

function pythonTools(): boolean {
  if (!has('python3', '--version')) {
    console.log('python3 was not found: the packages of test/python-requirements.txt are left out')
    return true
  }
  // pip itself sees quickly that everything is there, and notices where the list has changed.
  return (
    (existsSync(toolPython) || run('python3', ['-m', 'venv', toolPythonFolder])) &&
    run(toolPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS])
  )
}

if (![goTools(), pythonTools()].every(Boolean)) process.exitCode = 1
