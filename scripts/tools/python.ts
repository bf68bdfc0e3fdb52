import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  PYTHON_ENVIRONMENTS,
  type PythonEnvironment,
  pythonFolder,
  pythonProgram,
} from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

/** Examples whose images share an environment outside of them, by the command that makes it: nothing to do where it is there. */
const EXAMPLES = ['chicago-crime/apps/crime/install.py', 'fashion-catalog/apps/pipeline/install.py']

const prepare = (path: string): boolean =>
  run('python3', [join(import.meta.dirname, '../../examples', path), '--only'])

/** The environments of test/python/, and those of the examples. */
export function pythonTools(): boolean {
  if (!has('python3', '--version')) {
    console.log('python3 was not found: the packages of test/python are left out')
    return true
  }
  return [...PYTHON_ENVIRONMENTS.map(install), ...EXAMPLES.map(prepare)].every(Boolean)
}

/** pip itself sees quickly that everything is there, and notices where the list has changed. */
function install(name: PythonEnvironment): boolean {
  const python = pythonProgram(name, 'python')
  const list = join(import.meta.dirname, '../../test/python', `${name}.txt`)
  return (
    (existsSync(python) || run('python3', ['-m', 'venv', pythonFolder(name)])) &&
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', list])
  )
}
