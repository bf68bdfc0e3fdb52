import * as z from 'zod'
import type { Runtime } from '../../runtime/runtime.ts'
import { withLock } from './file-lock.ts'
import { readJson } from './json-file.ts'

const endpointSchema = z.looseObject({
  schema: z.literal('sluice.endpoint/v1'),
  /** The port it had last; kept as long as it is free, so that addresses survive a restart. */
  port: z.number().int().min(0).max(65_535),
  secret: z.string().min(16),
})
export type EndpointFile = z.infer<typeof endpointSchema>

/** Port and secret of an embedded server, made with a fresh secret where there are none. Mode 0600; the secret is masked. */
export function openEndpointFile(runtime: Runtime, path: string): Promise<EndpointFile> {
  // Engines start side by side, and those that speak as AWS share the secret of the objects.
  return withLock(`${path}.lock`, () => readOrMake(runtime, path))
}

async function readOrMake(runtime: Runtime, path: string): Promise<EndpointFile> {
  const there = await readJson(path, endpointSchema)
  const secret = there?.secret ?? Buffer.from(runtime.random.bytes(30)).toString('base64url')
  runtime.log.emit({ kind: 'mask', value: secret })
  if (there !== undefined) return there
  const made: EndpointFile = { schema: 'sluice.endpoint/v1', port: 0, secret }
  await saveEndpointFile(runtime, path, made)
  return made
}

export async function saveEndpointFile(runtime: Runtime, path: string, file: EndpointFile): Promise<void> {
  await runtime.files.write(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
}

/** Listens on the port it had; on any free one where that is taken. Remembers which. */
export async function listenAgain<S extends { readonly url: string }>(
  runtime: Runtime,
  path: string,
  file: EndpointFile,
  listen: (port: number) => Promise<S>,
): Promise<S> {
  const server = await listen(file.port).catch((error: NodeJS.ErrnoException) => {
    if (file.port === 0 || error.code !== 'EADDRINUSE') throw error
    return listen(0)
  })
  const port = Number(new URL(server.url).port)
  if (port !== file.port) await saveEndpointFile(runtime, path, { ...file, port })
  return server
}
