import type { Argv, Runtime } from '../../runtime/runtime.ts'
import type { Probes } from './choose.ts'
import { engineEnvironment } from './environment.ts'

/** A daemon that hangs must not hold everything up. */
const PATIENCE = 20_000

/** Asks what is there. Changes nothing; takes a few tenths of a second. */
export async function probeEngines({ exec, env }: Pick<Runtime, 'exec' | 'env'>): Promise<Probes> {
  const settings = engineEnvironment(env)
  const ask = async (argv: Argv) => {
    if ((await exec.find(argv[0])) === undefined) return undefined
    return exec.run(argv, { env: settings, timeout: PATIENCE })
  }
  const answer = async (argv: Argv): Promise<string | null> => {
    const result = await ask(argv)
    return result?.code === 0 ? result.stdout : null
  }
  const address = env['BUILDKIT_HOST'] ?? null
  if (address !== null && address !== '') {
    const [buildctl, buildkit] = await Promise.all([
      answer(['buildctl', '--version']),
      answer(['buildctl', `--addr=${address}`, 'debug', 'info']),
    ])
    return { address, buildctl, buildkit, docker: null, trouble: null, buildx: null, builder: null }
  }
  const [docker, buildx, builder] = await Promise.all([
    // Fails where the daemon does not answer, and prints the client's part all the same.
    ask(['docker', 'version', '--format={{json .}}']),
    answer(['docker', 'buildx', 'version']),
    answer(['docker', 'buildx', 'inspect']),
  ])
  return {
    address: null,
    buildctl: null,
    buildkit: null,
    docker: docker?.stdout ?? null,
    trouble:
      docker === undefined || docker.code === 0 ? null : (docker.stderr.trim().split('\n').at(-1) ?? null),
    buildx,
    builder,
  }
}
