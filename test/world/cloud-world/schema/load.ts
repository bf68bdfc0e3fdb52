import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toolCache } from '../../../tools-folder.ts'
import { withFilled } from './filled.ts'
import { parseBinding } from './parse.ts'
import type { Schema } from './schema.ts'

const PACKAGES = {
  aws: '@cdktf/provider-aws',
  google: '@cdktf/provider-google',
} as const
export type ProviderName = keyof typeof PACKAGES
export const PROVIDERS = Object.keys(PACKAGES) as ProviderName[]

export const isProvider = (name: string): name is ProviderName => Object.hasOwn(PACKAGES, name)

/** Parsed schemas lie in the tool cache by version of the bindings and by the parser that read them. */
export class Bindings {
  readonly provider: ProviderName
  readonly #folder: string
  readonly #cache: string
  readonly #known = new Map<string, Schema | undefined>()

  constructor(provider: ProviderName) {
    this.provider = provider
    this.#folder = join(import.meta.dirname, '../../../../node_modules', PACKAGES[provider])
    const { version } = JSON.parse(readFileSync(join(this.#folder, 'package.json'), 'utf8')) as {
      version: string
    }
    const parser = createHash('sha256')
      .update(readFileSync(join(import.meta.dirname, 'parse.ts')))
      .digest('hex')
    this.#cache = join(toolCache, 'schemas', `${provider}-${version}-${parser.slice(0, 12)}`)
  }

  /** The configuration of the provider itself. */
  configuration(): Schema {
    const schema = this.#load('provider', 'provider')
    if (schema === undefined) throw new Error(`${PACKAGES[this.provider]} has no provider`)
    return schema
  }

  /** undefined: the provider has no such type. */
  resource(type: string): Schema | undefined {
    return this.#load(type, this.#folderOf(type))
  }

  data(type: string): Schema | undefined {
    return this.#load(`data.${type}`, `data-${this.provider}-${this.#folderOf(type)}`)
  }

  /** Every type of resource, as the folders say. */
  types(): string[] {
    return readdirSync(join(this.#folder, 'lib'))
      .filter((name) => !name.startsWith('data-') && name !== 'provider' && !name.includes('.'))
      .map((name) => `${this.provider}_${name.replaceAll('-', '_')}`)
  }

  #folderOf(type: string): string {
    return type.replace(new RegExp(`^${this.provider}_`), '').replaceAll('_', '-')
  }

  #load(key: string, folder: string): Schema | undefined {
    if (this.#known.has(key)) return this.#known.get(key)
    const read = this.#cached(key) ?? this.#parse(key, folder)
    const schema =
      read === undefined ? undefined : withFilled(read, key.startsWith('data.') ? 'data' : 'resource')
    this.#known.set(key, schema)
    return schema
  }

  #cached(key: string): Schema | undefined {
    const path = join(this.#cache, `${key}.json`)
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Schema) : undefined
  }

  #parse(key: string, folder: string): Schema | undefined {
    const path = join(this.#folder, 'lib', folder)
    if (!existsSync(join(path, 'index.js'))) return undefined
    const read = (name: string): string => readFileSync(join(path, name), 'utf8')
    const schema = parseBinding({ js: read('index.js'), dts: read('index.d.ts') }, key)
    this.#store(join(this.#cache, `${key}.json`), JSON.stringify(schema))
    return schema
  }

  /** Test files run side by side: a reader never sees half a file. */
  #store(path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true })
    const part = `${path}.${process.pid}`
    writeFileSync(part, text)
    renameSync(part, path)
  }
}
