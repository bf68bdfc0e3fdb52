import type { Files } from './runtime.ts'

/** Bytes of a file in order, whole where the files of this machine are not streamed; none where there is no such file. */
export async function* streamOf(files: Files, path: string): AsyncIterable<Uint8Array> {
  if (files.stream !== undefined) return yield* files.stream(path)
  const bytes = await files.read(path)
  if (bytes !== undefined) yield bytes
}
