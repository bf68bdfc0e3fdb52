import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Named } from '../../../../src/domain/named.ts'
import type { Func } from '../../../../src/domain/system/system.ts'
import type { Surroundings } from '../../../../src/providers/local/engine.ts'
import { functionsEngine } from '../../../../src/providers/local/functions/engine.ts'
import { nodeRuntime } from '../../../../src/runtime/node/index.ts'

export const runtime = nodeRuntime({ emit: () => {} }, { cancelled: new AbortController().signal })

export const surroundings: Surroundings = {
  endpoints: () => [
    {
      url: 'http://127.0.0.1:1',
      shared: { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1', AWS_SECRET_ACCESS_KEY: 'a-key-that-is-secret' },
      connections: { raw: { RAW_BUCKET: 'raw' } },
    },
  ],
  servicePorts: () => ({ web: 4711 }),
}

export function func(name: string, over: Partial<Func> = {}): Func {
  const defaults = { memory: 128 * 1024 ** 2, timeout: 5000, env: {}, secrets: {}, connects: [] }
  return { name, source: name, handler: 'index.handler', ...defaults, ...over }
}

export async function write(root: string, path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true })
  await writeFile(join(root, path), text)
}

export function open(root: string, functions: Named<Func>) {
  const folder = join(root, '.sluice/local/cloud')
  return functionsEngine({ runtime, functions, folder, region: 'us-east-1', root, surroundings })
}
