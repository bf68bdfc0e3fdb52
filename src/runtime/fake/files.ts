import type { FileStat, Files } from '../runtime.ts'

/** Files in memory. Folders exist as long as a file lies below them. */
export class MemoryFiles implements Files {
  readonly #contents = new Map<string, Uint8Array>()

  constructor(initial: Record<string, string> = {}) {
    for (const [path, text] of Object.entries(initial)) this.#contents.set(path, Buffer.from(text))
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#contents.get(path)
  }

  async write(
    path: string,
    content: string | Uint8Array,
    options: { exclusive?: boolean } = {},
  ): Promise<void> {
    if (options.exclusive && this.#contents.has(path)) {
      throw Object.assign(new Error(`EEXIST: file already exists, '${path}'`), { code: 'EEXIST' })
    }
    this.#contents.set(path, Buffer.from(content))
  }

  async append(path: string, text: string): Promise<void> {
    this.#contents.set(path, Buffer.concat([this.#contents.get(path) ?? Buffer.alloc(0), Buffer.from(text)]))
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const bytes = this.#contents.get(path)
    if (bytes !== undefined) return { kind: 'file', size: bytes.length, mode: 0o644, modified: 0 }
    return this.#below(path).length > 0 ? { kind: 'directory', size: 0, mode: 0o755, modified: 0 } : undefined
  }

  async list(path: string): Promise<readonly string[]> {
    const names = this.#below(path).map((file) => file.slice(path.length + 1).split('/')[0] ?? '')
    return [...new Set(names)].sort()
  }

  async remove(path: string): Promise<void> {
    for (const file of [path, ...this.#below(path)]) this.#contents.delete(file)
  }

  /** All texts by path, for assertions. */
  texts(): Record<string, string> {
    return Object.fromEntries(
      [...this.#contents].map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')]),
    )
  }

  #below(path: string): string[] {
    return [...this.#contents.keys()].filter((file) => file.startsWith(`${path}/`))
  }
}
