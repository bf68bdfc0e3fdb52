import type { Alias, ModelVersion } from '../../src/domain/models/model.ts'
import type { ModelNotes, ModelRegistry } from '../../src/providers/ports/models.ts'

export class MemoryRegistry implements ModelRegistry {
  readonly versions: ModelVersion[] = []
  /** `model/alias` -> version. */
  readonly aliases = new Map<string, string>()

  async register(model: Omit<ModelVersion, 'version' | 'createdAt'>): Promise<ModelVersion> {
    const version = String(this.versions.filter((one) => one.name === model.name).length + 1)
    const made = { ...model, version, createdAt: '2026-01-01T00:00:00.000Z' } as ModelVersion
    this.versions.push(made)
    this.aliases.set(`${made.name}/challenger`, version)
    return made
  }

  async get(name: string, which: { version: string } | { alias: Alias }): Promise<ModelVersion | undefined> {
    const version = 'version' in which ? which.version : this.aliases.get(`${name}/${which.alias}`)
    return this.versions.find((one) => one.name === name && one.version === version)
  }

  async setAlias(name: string, alias: Alias, version: string | null, expected: string | null) {
    const key = `${name}/${alias}`
    if ((this.aliases.get(key) ?? null) !== expected) return 'conflict'
    if (version === null) this.aliases.delete(key)
    else this.aliases.set(key, version)
    return 'moved'
  }

  async annotate(name: string, version: string, { tags }: ModelNotes): Promise<readonly string[]> {
    const at = this.versions.findIndex((one) => one.name === name && one.version === version)
    const found = this.versions[at]
    if (found !== undefined) this.versions[at] = { ...found, tags: { ...found.tags, ...tags } }
    return []
  }

  async list(name: string): Promise<readonly ModelVersion[]> {
    return this.versions.filter((one) => one.name === name)
  }
}
