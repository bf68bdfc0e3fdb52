import { expect, test } from 'vitest'
import { engineImages } from '../../../../src/providers/local/images/engine-images.ts'
import { errorOf } from '../../../images/registry/client.ts'
import { dockerEngine, importBusybox } from '../../../real/docker-engine.ts'
import { describeReal } from '../../../real.ts'
import { imageWorld } from './world.ts'

const BASE = 'sluice-steps:base'
const TREE = {
  'app/Dockerfile': `FROM ${BASE}\nCOPY said.txt /said.txt\nCMD ["cat", "/said.txt"]\n`,
  'app/said.txt': 'first\n',
}

test('a step that asks for a container where no engine answers is refused with what to install', async () => {
  using world = imageWorld(TREE, { context: 'app' })
  const { reference } = await world.publish()
  const { runtime } = world.context
  const exec = { ...runtime.exec, find: async () => undefined }
  const without = { ...world.context, runtime: { ...runtime, exec } }
  const error = await errorOf(engineImages(without).prepare(reference))
  expect(error).toMatchObject({
    outcome: 'usage',
    remedy: expect.stringContaining('docs.docker.com/engine/install'),
  })
})

describeReal('images of steps in the container engine', ['dockerd'], () => {
  test('R27 an image is built once from the context that its fingerprint names, with its base', async () => {
    const engine = await dockerEngine()
    importBusybox(BASE, 'CMD ["sh"]')
    using world = imageWorld(TREE, { context: 'app' }, engine.env)
    const { reference } = await world.publish()
    const images = engineImages(world.context)
    const name = await images.prepare(reference)
    expect(engine.docker('run', '--rm', '--network=none', name)).toBe('first')
    const made = engine.docker('image', 'inspect', '--format={{.Id}}', name)
    expect(await images.prepare(reference)).toBe(name)
    expect(engine.docker('image', 'inspect', '--format={{.Id}}', name)).toBe(made)

    engine.docker('image', 'rm', '--force', name)
    world.write({ 'app/said.txt': 'second\n' })
    expect(await errorOf(images.prepare(reference))).toMatchObject({ outcome: 'stale' })
  })
})
