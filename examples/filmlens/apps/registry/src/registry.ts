/** One version of a registered model, as MLflow's REST API tells it. */
export interface Version {
  readonly name: string
  readonly version: string
  readonly source: string
  readonly aliases: readonly string[]
  readonly createdAt: string
  readonly tags: Readonly<Record<string, string>>
}

interface Answer {
  readonly registered_models?: readonly {
    readonly name: string
    readonly aliases?: readonly { alias: string; version: string }[]
  }[]
  readonly model_versions?: readonly {
    readonly name: string
    readonly version: string
    readonly source?: string
    readonly creation_timestamp?: number | string
    readonly tags?: readonly { key: string; value: string }[]
  }[]
}

/** Reads the registry that MLFLOW_TRACKING_URI names. It never writes: versions and aliases are Sluice's to move. */
export class Registry {
  readonly #server: string
  readonly #token: string | undefined

  constructor(server: string, token: string | undefined) {
    this.#server = server.replace(/\/$/, '')
    this.#token = token
  }

  async versions(): Promise<readonly Version[]> {
    const models = (await this.#get('registered-models/search')).registered_models ?? []
    const aliases = new Map<string, string[]>()
    for (const model of models) {
      for (const { alias, version } of model.aliases ?? []) {
        const key = `${model.name}/${version}`
        aliases.set(key, [...(aliases.get(key) ?? []), alias])
      }
    }
    const found = (await this.#get('model-versions/search')).model_versions ?? []
    return found
      .map((version) => ({
        name: version.name,
        version: version.version,
        source: version.source ?? '',
        aliases: aliases.get(`${version.name}/${version.version}`) ?? [],
        createdAt: new Date(Number(version.creation_timestamp ?? 0)).toISOString(),
        tags: Object.fromEntries((version.tags ?? []).map(({ key, value }) => [key, value])),
      }))
      .sort((a, b) => a.name.localeCompare(b.name) || Number(b.version) - Number(a.version))
  }

  async #get(path: string): Promise<Answer> {
    const response = await fetch(`${this.#server}/api/2.0/mlflow/${path}`, {
      headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (!response.ok) throw new Error(`the registry answered ${response.status} to ${path}`)
    return (await response.json()) as Answer
  }
}
