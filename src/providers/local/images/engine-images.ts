import { join, resolve } from 'node:path'
import { type Digest, parseImageReference } from '../../../domain/digest.ts'
import { SluiceError, usageError } from '../../../domain/error.ts'
import type { BuiltImage } from '../../../domain/system/system.ts'
import type { Engine } from '../../../images/engines/engine.ts'
import { engineEnvironment } from '../../../images/engines/environment.ts'
import { runBuild } from '../../../images/engines/run.ts'
import { buildSettings } from '../../../images/engines/settings.ts'
import { trustOf } from '../../../images/engines/trust.ts'
import { identifyBuild } from '../../../tools/context/identify.ts'
import { fingerprintTag } from '../../../tools/oci/fingerprint-tag.ts'
import { readIndex } from '../../../tools/oci/layout.ts'
import { FINGERPRINT } from '../../../tools/oci/media-types.ts'
import type { ProviderContext } from '../../provider.ts'
import type { EngineImages } from '../jobs/container-run.ts'
import { imageOfRepository, layoutOf, repositoryOf } from './places.ts'

/** A daemon that hangs must not hold everything up, milliseconds. */
const PATIENCE = 20_000

/**
 * Images of this environment in the container engine of this machine, for steps that ask for one. What `build` leaves on cloud `local` has
 * no base image, so the engine builds its own from the same context, under the fingerprint of that context: once an image.
 */
export function engineImages(context: ProviderContext): EngineImages {
  const { runtime, system, state } = context
  const ask = (...argv: string[]) =>
    runtime.exec.run(['docker', ...argv], {
      env: engineEnvironment(runtime.env),
      timeout: PATIENCE,
      signal: runtime.signals.cancelled,
    })

  const version = async (): Promise<string> => {
    const missing = (why: string) =>
      usageError({
        what: `no container engine answers on this machine: ${why}`,
        rule: 'a step with "engine: docker" runs as a container',
        remedy:
          'install Docker (https://docs.docker.com/engine/install/) and start it, or take "engine: docker" away',
      })
    if ((await runtime.exec.find('docker')) === undefined) throw missing('there is no program docker')
    const { code, stdout, stderr } = await ask('version', '--format={{.Server.Version}}')
    if (code !== 0) throw missing(stderr.trim().split('\n').at(-1) ?? '')
    return stdout.trim()
  }

  const build = async (
    image: BuiltImage,
    fingerprint: Digest,
    tag: string,
    server: string,
  ): Promise<void> => {
    const confirm = async (): Promise<void> => {
      const now = await identifyBuild(image, { ...context, builder: 'local', bases: {} })
      if (now.fingerprint !== fingerprint) throw changed(image.name)
    }
    await confirm()
    const hasBuildx = (await ask('buildx', 'version')).code === 0
    const engine: Engine = { kind: hasBuildx ? 'buildx-daemon' : 'docker', buildkit: null, version: server }
    const folder = resolve(context.root, image.context)
    const { target, args, secrets, ssh } = image
    const config = runtime.env['DOCKER_CONFIG'] ?? join(runtime.env['HOME'] ?? '/', '.docker')
    const order = {
      ...buildSettings(runtime.env, 'off', trustOf(runtime.env, undefined)),
      image: image.name,
      context: folder,
      dockerfile: join(folder, image.dockerfile),
      repository: repositoryOf(system.name, image.name),
      tag,
      ...(target === undefined ? {} : { target }),
      args,
      secrets,
      ssh,
      platforms: [`linux/${process.arch === 'x64' ? 'amd64' : process.arch}`],
      labels: { [FINGERPRINT]: fingerprint },
      metadata: join(state, 'cloud', 'images', `${image.name}.engine.json`),
    }
    await runBuild(runtime, engine, order, config)
    await confirm()
  }

  return {
    async prepare(reference) {
      const parsed = parseImageReference(reference)
      const name = parsed === undefined ? undefined : imageOfRepository(system.name, parsed.repository)
      const image = name === undefined ? undefined : system.images[name]
      if (parsed === undefined || name === undefined || image === undefined) {
        throw usageError({ what: `${reference} is no image of system ${system.name} on cloud local` })
      }
      const server = await version()
      if (image.kind === 'mirror') return pinned(name, image.source)
      const found = (await readIndex(layoutOf(state, name)))?.manifests.find(
        ({ digest }) => digest === parsed.digest,
      )
      const fingerprint = found?.annotations?.[FINGERPRINT] as Digest | undefined
      if (fingerprint === undefined) throw changed(name)
      const tag = fingerprintTag(fingerprint)
      const made = `${repositoryOf(system.name, name)}:${tag}`
      if ((await ask('image', 'inspect', '--format={{.Id}}', made)).code !== 0) {
        await build(image, fingerprint, tag, server)
      }
      return made
    },
  }
}

/** @throws SluiceError usage: what a tag says today is not what was built. */
function pinned(name: string, source: string): string {
  if (source.includes('@sha256:')) return source
  throw usageError({
    what: `image ${name} mirrors ${source}, a tag`,
    rule: 'a container runs by its digest',
    remedy: `write images.${name}.mirror as ${source}@sha256:..., or run the step as a process`,
  })
}

const changed = (name: string): SluiceError =>
  new SluiceError('stale', 'user', {
    what: `image ${name} was built from other files than those that are there now`,
    rule: 'the container is made of the files that the fingerprint of the image was taken of',
    remedy: `run "sluice build --image ${name}" again`,
  })
