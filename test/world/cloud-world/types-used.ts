import type { TypesUsed } from './grpc/door.ts'

type Configuration = Readonly<Record<string, unknown>>

/** The types that these configurations name: an engine that loads the schemas of thousands would only be slower. */
export function typesUsed(configurations: readonly Configuration[], also: readonly string[] = []): TypesUsed {
  const of = (section: string): string[] =>
    configurations.flatMap((configuration) => Object.keys((configuration[section] ?? {}) as object))
  const select = (names: readonly string[], provider: string): string[] => [
    ...new Set(names.filter((name) => name.startsWith(`${provider}_`))),
  ]
  const one = (provider: string) => ({
    resources: select([...of('resource'), ...also], provider),
    data: select(of('data'), provider),
  })
  return { aws: one('aws'), google: one('google') }
}
