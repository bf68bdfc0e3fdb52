import { join } from 'node:path'
import {
  digestOf,
  type ImageReference,
  imageReference,
  parseImageReference,
} from '../../../../src/domain/digest.ts'
import type { Service } from '../../../../src/domain/system/system.ts'
import type { ContainerSource } from '../../../../src/providers/local/container.ts'

const app = join(import.meta.dirname, 'fixtures/app.mjs')

/** The image of a test service: how it behaves and its version stand in its name. */
export function testImage(behaviour: string, version: string): ImageReference {
  return imageReference(`${behaviour}/${version}`, digestOf(`${behaviour} ${version}`))
}

export const testContainers: ContainerSource = {
  prepare: async (reference) => {
    const [behaviour = '', version = ''] = (parseImageReference(reference)?.repository ?? '').split('/')
    return {
      argv: [process.execPath, app],
      cwd: import.meta.dirname,
      env: { BEHAVIOUR: behaviour, VERSION: version, FROM_IMAGE: 'yes' },
    }
  },
}

export function testService(changes: Partial<Service> = {}): Service {
  return {
    name: 'api',
    image: 'api',
    port: 8000,
    health: '/health',
    env: {},
    secrets: {},
    size: { cpu: 0.5, memory: 2 ** 29 },
    scale: { min: 1, max: 1 },
    public: true,
    connects: [],
    sidecars: {},
    stopTimeout: 5000,
    ...changes,
  }
}
