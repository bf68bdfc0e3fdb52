import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type * as z from 'zod'
import { SluiceError } from '../../domain/error.ts'
import { atPath } from './at-path.ts'

/**
 * undefined where there is no such file.
 * @throws SluiceError that names the file where its content is not what was written there.
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  let problem: string
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    problem = `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`
  } catch (error) {
    problem = (error as Error).message
  }
  throw new SluiceError('external', 'user', {
    what: `${path} is damaged: ${problem}`,
    rule: 'only Sluice writes in this folder',
    remedy: `put the file back from a copy, or remove it to go on without what it held`,
  })
}

/** All or nothing: written beside, flushed, renamed. Folders are made as needed. */
export async function replaceFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const beside = `${dirname(path)}/.${randomUUID()}.tmp`
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await open(beside, 'wx', mode)
      try {
        await atPath(path, handle.writeFile(content))
        await handle.sync()
      } finally {
        await handle.close()
      }
      return await rename(beside, path)
    } catch (error) {
      await rm(beside, { force: true })
      // A folder that was empty may be tidied away by another process at any moment before the rename.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt >= 10) throw error
      await mkdir(dirname(path), { recursive: true })
    }
  }
}
