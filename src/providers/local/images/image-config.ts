import type { Image } from '../../../domain/system/system.ts'
import type { StageResult } from '../../../tools/dockerfile/evaluate.ts'
import type { CommandForm } from '../../../tools/dockerfile/instruction.ts'
import type { ImageConfig } from '../../../tools/oci/documents.ts'

type Config = NonNullable<ImageConfig['config']>

/**
 * The config of an image that is made without a container engine: what the final stage says, and `local.run` in place of
 * ENTRYPOINT and CMD.
 */
export function imageConfig(
  stage: StageResult | undefined,
  local: Image['local'],
  labels: Readonly<Record<string, string>>,
): Config {
  const entrypoint = local?.run === undefined ? argvOf(stage?.entrypoint) : undefined
  const cmd = local?.run === undefined ? argvOf(stage?.cmd) : [...local.run]
  return {
    Labels: { ...stage?.labels, ...labels },
    ...(stage === undefined
      ? {}
      : {
          WorkingDir: stage.workdir,
          Env: Object.entries(stage.env).map(([name, value]) => `${name}=${value}`),
          ...(stage.user === undefined ? {} : { User: stage.user }),
          ...(stage.stopSignal === undefined ? {} : { StopSignal: stage.stopSignal }),
          ...(stage.ports.length === 0 ? {} : { ExposedPorts: setOf(stage.ports.map(withProtocol)) }),
          ...(stage.volumes.length === 0 ? {} : { Volumes: setOf(stage.volumes) }),
        }),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(cmd === undefined ? {} : { Cmd: cmd }),
  }
}

/** The shell form as Docker writes it. It is never run as such here: see command-line.ts. */
export const SHELL = ['/bin/sh', '-c'] as const

function argvOf(command: CommandForm | undefined): string[] | undefined {
  if (command === undefined) return undefined
  return command.form === 'exec' ? [...command.argv] : [...SHELL, command.text]
}

function withProtocol(port: string): string {
  return port.includes('/') ? port : `${port}/tcp`
}

/** The specification writes a set as an object of empty objects. */
function setOf(members: readonly string[]): Record<string, Record<string, never>> {
  return Object.fromEntries(members.map((member) => [member, {}]))
}
