import { digestOf, hexOf } from '../../../domain/digest.ts'
import { usageError } from '../../../domain/error.ts'
import { engineEnvironment } from '../../../images/engines/environment.ts'
import type { Argv } from '../../../runtime/runtime.ts'

/** Makes sure that an image of this environment lies in the container engine of this machine. */
export interface EngineImages {
  /**
   * How the engine names it.
   *
   * @throws SluiceError usage where no engine answers, stale where the image cannot be made any more
   */
  prepare(reference: string): Promise<string>
}

/** A step as a container of this machine. */
export interface ContainerRun {
  readonly id: string
  readonly step: string
  readonly gpu: number
  readonly image: string
  readonly command: readonly string[] | undefined
  readonly variables: Readonly<Record<string, string>>
  /** Values that must not stand on a command line. */
  readonly secrets: readonly string[]
  /** Absolute path of `jobs/<id>`. */
  readonly folder: string
  /** Absolute path of the folder that holds sluice.yml: inputs that are files lie there. */
  readonly root: string
}

/** The same for the same job of the same environment, so whoever comes later ends exactly this one. */
export function containerName({ id, folder }: Pick<ContainerRun, 'id' | 'folder'>): string {
  return `sluice-${hexOf(digestOf(folder)).slice(0, 12)}-${id}`
}

/** Ends and removes it, whatever it does. */
export const removeArgv = (name: string): Argv => ['docker', 'rm', '--force', '--volumes', name]

/**
 * `docker run` in the foreground, so that its output and its exit code are the container's. Variables are named and handed over in
 * the environment of the command (promise R5), which the client's own settings share. The container is in this machine's
 * network, where the endpoints of the system listen on 127.0.0.1 alone. https://docs.docker.com/reference/cli/docker/container/run/
 *
 * @throws SluiceError usage where a secret has the name of a setting of the client
 */
export function containerOrder(
  run: ContainerRun,
  env: Readonly<Record<string, string | undefined>>,
): { readonly argv: Argv; readonly env: Readonly<Record<string, string>>; readonly remove: Argv } {
  const client = engineEnvironment(env)
  const { variables, secrets, id, step, gpu, image, command = [], root } = run
  const name = containerName(run)
  const options = Object.entries(variables).map(([key, value]) => {
    if (!Object.hasOwn(client, key)) return `--env=${key}`
    if (!secrets.includes(value)) return `--env=${key}=${value}`
    throw usageError({
      what: `step ${step} has a secret in ${key}, which the client of the container engine reads itself`,
      rule: 'a secret never stands on a command line',
      remedy: `give the variable another name, or run step ${step} as a process`,
    })
  })
  const argv: Argv = [
    'docker',
    'run',
    '--rm',
    `--name=${name}`,
    `--label=sluice.job=${id}`,
    `--label=sluice.step=${step}`,
    '--network=host',
    // Its output is kept by the keeper.
    '--log-driver=none',
    `--mount=type=bind,source=${root},target=${root},readonly`,
    ...(gpu === 0 ? [] : [`--gpus=${gpu}`]),
    ...options,
    '--',
    image,
    ...command,
  ]
  return { argv, env: { ...variables, ...client }, remove: removeArgv(name) }
}
