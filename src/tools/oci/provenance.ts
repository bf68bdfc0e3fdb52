import type { Runtime } from '../../runtime/runtime.ts'
import { gitEnvironment } from '../context/git-contents.ts'
import { REVISION, SOURCE } from './media-types.ts'

/**
 * Labels that lead from an image to the code it was made from. Nothing of this machine gets into them: a remote that is a
 * path is left out, and so are a user name and a token in a URL.
 */
export async function provenanceLabels(
  { exec, env }: Pick<Runtime, 'exec' | 'env'>,
  root: string,
): Promise<Record<string, string>> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    if ((await exec.find('git')) === undefined) return undefined
    const result = await exec.run(['git', '-C', root, ...args], { cwd: root, env: gitEnvironment(env) })
    return result.code === 0 ? result.stdout.trim() : undefined
  }
  const server = env['GITHUB_SERVER_URL']
  const repository = env['GITHUB_REPOSITORY']
  const source =
    server && repository ? `${server}/${repository}` : publicUrl(await git('remote', 'get-url', 'origin'))
  const revision = env['GITHUB_SHA'] || (await git('rev-parse', '--verify', 'HEAD'))
  return {
    ...(source === undefined ? {} : { [SOURCE]: source }),
    ...(revision ? { [REVISION]: revision } : {}),
  }
}

/** `git@github.com:o/r.git` and `https://user:token@github.com/o/r.git` -> `https://github.com/o/r`. */
export function publicUrl(remote: string | undefined): string | undefined {
  if (remote === undefined) return undefined
  const scp = /^(?:[^@/:]+@)?([^/:]+\.[^/:]+):(?!\/)(.+)$/.exec(remote)
  const text = scp === null ? remote : `https://${scp[1]}/${scp[2]}`
  if (!/^(?:https?|ssh|git):\/\//.test(text) || !URL.canParse(text)) return undefined
  const { hostname, pathname } = new URL(text)
  return `https://${hostname}${pathname.replace(/\.git\/?$/, '')}`
}
