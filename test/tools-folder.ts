import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Where `npm run tools` installs what tests need; outside the repository, kept between clones. */
export const toolCache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sluice')
export const toolBin = join(toolCache, 'tools', 'bin')
/** Terraform's plugin protocol 6 as the OpenTofu module ships it. */
export const pluginProtocol = join(toolCache, 'tools', 'opentofu', 'tfplugin6.proto')
/** `node_modules` with the fork of cdktf and its bindings for AWS. */
export const cdktnFolder = join(toolCache, 'cdktn', 'node_modules')

/**
 * Python packages by what they are for, each list in an environment of its own because their dependencies disagree. The list
 * is test/python/<name>.txt.
 */
export const PYTHON_ENVIRONMENTS = ['oracles', 'clouds', 'scanners'] as const
export type PythonEnvironment = (typeof PYTHON_ENVIRONMENTS)[number]

export const pythonFolder = (name: PythonEnvironment): string => join(toolCache, 'python', name)
/** A program of such an environment: `pythonProgram('clouds', 'moto_server')`. */
export const pythonProgram = (name: PythonEnvironment, program: string): string =>
  join(pythonFolder(name), 'bin', program)

/** Lets test processes find those tools. */
export function useTools(): void {
  process.env['PATH'] = `${process.env['PATH'] ?? ''}${delimiter}${toolBin}`
  const python = pythonProgram('oracles', 'python')
  const mlflow = pythonProgram('oracles', 'mlflow')
  if (existsSync(python)) process.env['SLUICE_PYTHON'] ??= python
  if (existsSync(mlflow)) process.env['SLUICE_MLFLOW'] ??= mlflow
}
