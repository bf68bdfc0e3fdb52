import { variableStem } from '../name.ts'
import type { System } from './system.ts'

/** The kinds of resources that `connects:` can name. Their names are unique over all of them. */
export const CONNECTABLE = [
  'services',
  'functions',
  'apis',
  'workers',
  'databases',
  'buckets',
  'tables',
  'topics',
  'caches',
] as const
export type ConnectableKind = (typeof CONNECTABLE)[number]

const SECRET_ENDS = /(?:_PASSWORD|_SECRET_ACCESS_KEY|_TOKEN)$/

const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^:@/]*:([^@/]+)@/i

/**
 * Of the variables that a cloud gives to processes, the values that are secrets; their names are ours, so the ends tell. Of a
 * URL it is the password.
 */
export function secretValues(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) => {
    if (SECRET_ENDS.test(name)) return [value]
    const [, password] = URL_PASSWORD.exec(value) ?? []
    return password === undefined ? [] : [password]
  })
}

/**
 * The environment variables that a connected resource becomes, the same on every cloud. STEM is the resource's name in
 * upper case: `connects: [db, models]` gives DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_DATABASE, MODELS_BUCKET, MODELS_URI.
 * A database gives parts and no URL, because its password comes from a secret store and cannot be put inside a text.
 */
export const CONNECTION_SUFFIXES = {
  /** `http(s)://...` without a trailing slash. */
  services: ['URL'],
  functions: ['NAME'],
  apis: ['URL'],
  workers: ['ID'],
  databases: ['HOST', 'PORT', 'USER', 'PASSWORD', 'DATABASE'],
  /** The bucket's name, and `s3://name` or `gs://name`. */
  buckets: ['BUCKET', 'URI'],
  tables: ['TABLE'],
  topics: ['TOPIC'],
  /** `redis://host:port` or `rediss://...`. */
  caches: ['URL'],
} as const satisfies Record<ConnectableKind, readonly string[]>

export type ConnectionSuffix<K extends ConnectableKind> = (typeof CONNECTION_SUFFIXES)[K][number]

/** `connectionVariable('databases', 'db', 'HOST')` -> `DB_HOST`. */
export function connectionVariable<K extends ConnectableKind>(
  _kind: K,
  name: string,
  suffix: ConnectionSuffix<K>,
): string {
  return `${variableStem(name)}_${suffix}`
}

/** Which kind a name belongs to; undefined where nothing has it. */
export function kindOf(system: System, name: string): ConnectableKind | undefined {
  return CONNECTABLE.find((kind) => Object.hasOwn(system[kind], name))
}

/** `SLUICE_MODEL_SENTIMENT`: the pin that a service must load (CONTRACTS: "How a model reaches a service"). */
export function modelVariable(model: string): string {
  return `SLUICE_MODEL_${variableStem(model)}`
}
