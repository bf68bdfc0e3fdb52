import { statfs } from 'node:fs/promises'
import { SluiceError } from '../domain/error.ts'
import type { BuiltImage } from '../domain/system/system.ts'
import { message } from '../runtime/events.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Engine } from './engines/engine.ts'
import { engineEnvironment } from './engines/environment.ts'
import { type Load, roomFor } from './engines/room.ts'

/** @throws SluiceError external where the build cannot fit on the disk of the engine. */
export async function requireRoom(
  runtime: Runtime,
  engine: Engine,
  image: BuiltImage,
  load: Load,
): Promise<void> {
  const room = roomFor(load, await freeBytes(runtime, engine), image.name)
  switch (room.kind) {
    case 'enough':
      return
    case 'tight':
      runtime.log.emit(message('warning', room.text))
      return
    case 'full':
      throw new SluiceError('external', 'user', room.problem)
    default:
      room satisfies never
  }
}

/** Where the daemon of this machine keeps its data; null where that is elsewhere or not told. */
async function freeBytes({ exec, env }: Runtime, engine: Engine): Promise<number | null> {
  if (engine.kind === 'buildctl') return null
  const { code, stdout } = await exec.run(['docker', 'info', '--format={{.DockerRootDir}}'], {
    env: engineEnvironment(env),
    timeout: 20_000,
  })
  if (code !== 0) return null
  try {
    const { bavail, bsize } = await statfs(stdout.trim())
    return bavail * bsize
  } catch {
    return null
  }
}
