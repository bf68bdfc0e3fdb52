import { dirname, join, resolve } from 'node:path'
import type { World } from './command.ts'

/** Absolute path of `.sluice/<env>`, beside sluice.yml where no other place was asked for. */
export function stateFolder({ runtime, request }: Pick<World, 'runtime' | 'request'>): string {
  const root = dirname(resolve(runtime.cwd, request.file))
  const base = request.state === undefined ? join(root, '.sluice') : resolve(runtime.cwd, request.state)
  return join(base, request.environment)
}
