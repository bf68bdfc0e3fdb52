import { spawnSync } from 'node:child_process'

/** Runs an installer in sight of the user; whether it ended well. */
export function run(
  command: string,
  args: readonly string[],
  { env = {}, cwd }: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
): boolean {
  console.log(`${command} ${args.join(' ')}`)
  const options = { stdio: 'inherit' as const, env: { ...process.env, ...env }, ...(cwd && { cwd }) }
  return spawnSync(command, args, options).status === 0
}

export function has(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}
