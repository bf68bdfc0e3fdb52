import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  PYTHON_ENVIRONMENTS,
  type PythonEnvironment,
  pythonFolder,
  pythonProgram,
} from '../../test/tools-folder.ts'
import { has, run } from './run.ts'

/** The environments of test/python/. */
export function pythonTools(): boolean {
  if (!has('python3', '--version')) {
    console.log('python3 was not found: the packages of test/python are left out')
    return true
  }
  return PYTHON_ENVIRONMENTS.map(install).every(Boolean)
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
