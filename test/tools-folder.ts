import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where `npm run tools` installs what tests need; outside the repository, kept between clones. */
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sluice')
export const toolBin = join(cache, 'tools', 'bin')
export const toolPythonFolder = join(cache, 'python')
export const toolPython = join(toolPythonFolder, 'bin', 'python')
const toolMlflow = join(toolPythonFolder, 'bin', 'mlflow')

/** Lets test processes find those tools. */
export function useTools(): void {
  process.env['PATH'] = `${process.env['PATH'] ?? ''}${delimiter}${toolBin}`
  if (existsSync(toolPython)) process.env['SLUICE_PYTHON'] ??= toolPython
  if (existsSync(toolMlflow)) process.env['SLUICE_MLFLOW'] ??= toolMlflow
}
