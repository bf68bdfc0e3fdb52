import type { Alias, ModelVersion } from '../../domain/models/model.ts'

export interface ModelNotes {
  readonly tags: Readonly<Record<string, string>>
  /** Small texts by file name, such as verdict.json. */
  readonly files?: Readonly<Record<string, string>>
}

/** A model registry: MLflow, or the local one behind the same port. */
export interface ModelRegistry {
  register(model: Pick<ModelVersion, 'name' | 'digest' | 'source' | 'tags'>): Promise<ModelVersion>
  /** By version number, or by alias. */
  get(
    name: string,
    which: { readonly version: string } | { readonly alias: Alias },
  ): Promise<ModelVersion | undefined>
  /** Compare-and-swap: `conflict` where the alias points elsewhere than `expected` (null: nowhere). */
  setAlias(
    name: string,
    alias: Alias,
    version: string | null,
    expected: string | null,
  ): Promise<'moved' | 'conflict'>
  /**
   * Adds notes to a version and keeps those that were there; a file of the same name is replaced. The tag
   * `sluice.file.<name>` says where a file lies. Returns the names of the files that this registry has no place for.
   */
  annotate(name: string, version: string, notes: ModelNotes): Promise<readonly string[]>
  list(name: string): Promise<readonly ModelVersion[]>
}
