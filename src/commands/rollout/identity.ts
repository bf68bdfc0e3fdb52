import { hostname } from 'node:os'
import type { Descent } from '../../release/descent.ts'
import { startOf } from '../../runtime/process-identity.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/** The person behind a command: the actor of the workflow run, or who is logged in. */
export function personOf({ env }: Pick<Runtime, 'env'>): string {
  return env['GITHUB_ACTOR'] || env['USER'] || env['LOGNAME'] || 'unknown'
}

/** Link to this attempt of the workflow run. */
export function runLink({ env }: Pick<Runtime, 'env'>): string | null {
  const server = env['GITHUB_SERVER_URL']
  const repository = env['GITHUB_REPOSITORY']
  const run = env['GITHUB_RUN_ID']
  if (!server || !repository || !run) return null
  return `${server}/${repository}/actions/runs/${run}/attempts/${env['GITHUB_RUN_ATTEMPT'] || '1'}`
}

/** This process, so that another one on the same machine can tell whether it still lives. */
export async function thisProcess({ files }: Pick<Runtime, 'files'>) {
  const boot = Buffer.from((await files.read('/proc/sys/kernel/random/boot_id').catch(() => undefined)) ?? '')
  const host = `${hostname()}${boot.length === 0 ? '' : ` ${boot.toString('utf8').trim()}`}`
  return { host, pid: process.pid, born: (await birth(files, process.pid)) ?? '' }
}

/** True only where it is certain: the same machine, and the process is not there any more. */
export async function hasEnded(
  { files }: Pick<Runtime, 'files'>,
  holder: { readonly host: string; readonly pid: number; readonly born: string },
  self: { readonly host: string; readonly born: string },
): Promise<boolean> {
  if (holder.host !== self.host || holder.born === '' || self.born === '') return false
  return (await birth(files, holder.pid)) !== holder.born
}

async function birth(files: Runtime['files'], pid: number): Promise<string | undefined> {
  const bytes = await files.read(`/proc/${pid}/stat`).catch(() => undefined)
  return bytes === undefined ? undefined : startOf(Buffer.from(bytes).toString('utf8'))
}

/** Where there is no git repository. */
export const UNVERSIONED = 'unversioned'

export async function commitOf(runtime: Runtime, root: string): Promise<string> {
  const given = runtime.env['GITHUB_SHA']
  if (given !== undefined && /^[0-9a-f]{40}$/.test(given)) return given
  const { code, stdout } = await git(runtime, root, ['rev-parse', 'HEAD'])
  return code === 0 ? stdout.trim() : UNVERSIONED
}

export async function descentOf(
  runtime: Runtime,
  root: string,
  commit: string,
  live: string | undefined,
): Promise<Descent> {
  if (live === undefined || live === commit) return 'same'
  if (live === UNVERSIONED || commit === UNVERSIONED) return 'unknown'
  // Exit 0: is an ancestor, 1: is not, anything else: git cannot tell (git-merge-base(1)).
  const isAncestor = async (old: string, young: string) =>
    (await git(runtime, root, ['merge-base', '--is-ancestor', old, young])).code
  const forward = await isAncestor(live, commit)
  if (forward === 0) return 'newer'
  const back = await isAncestor(commit, live)
  if (back === 0) return 'older'
  return forward === 1 && back === 1 ? 'diverged' : 'unknown'
}

async function git({ exec, env }: Runtime, root: string, args: readonly string[]) {
  const { PATH, HOME } = env
  const options = { env: { PATH, HOME, LC_ALL: 'C' }, timeout: 30_000 }
  return exec.run(['git', '-C', root, ...args], options).catch(() => ({ code: 128, stdout: '' }))
}
