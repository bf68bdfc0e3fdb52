/** A route of API Gateway's HTTP APIs: `GET /videos/{id}`, `ANY /files/{path+}`, `$default`. */
export interface Route {
  /** As it stands in sluice.yml. */
  readonly key: string
  readonly func: string
  readonly method: string
  readonly segments: readonly Segment[]
}

type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string }

export interface Match {
  readonly route: Route
  readonly parameters: Readonly<Record<string, string>>
}

export function parseRoute(key: string, func: string): Route {
  const [method = '', path = ''] = key === '$default' ? ['ANY', '/{proxy+}'] : key.split(/\s+/, 2)
  return { key, func, method: method.toUpperCase(), segments: split(path).map(segment) }
}

function segment(text: string): Segment {
  const [, name = '', rest] = /^\{([^{}+]+)(\+)?\}$/.exec(text) ?? []
  if (name === '') return { kind: 'text', text }
  return rest === undefined ? { kind: 'one', name } : { kind: 'rest', name }
}

/**
 * The route that a request takes: the most particular one, a text before one segment before all of the rest, a method before
 * ANY, `$default` last (API Gateway Developer Guide, "Routing API requests").
 *
 * @param path as it was on the wire; parameters are decoded
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | undefined {
  const segments = split(path)
  const found = routes.flatMap((route) => {
    if (route.method !== 'ANY' && route.method !== method) return []
    const parameters = parametersOf(route, segments)
    return parameters === undefined ? [] : [{ route, parameters }]
  })
  return found.sort((a, b) => (rank(a.route) < rank(b.route) ? -1 : 1))[0]
}

function parametersOf({ key, segments }: Route, path: readonly string[]): Record<string, string> | undefined {
  if (key === '$default') return {}
  const parameters: Record<string, string> = {}
  for (const [at, wanted] of segments.entries()) {
    const given = path[at]
    if (given === undefined) return undefined
    switch (wanted.kind) {
      case 'text':
        if (wanted.text !== given) return undefined
        break
      case 'one':
        if (given === '') return undefined
        parameters[wanted.name] = decoded(given)
        break
      case 'rest':
        parameters[wanted.name] = path.slice(at).map(decoded).join('/')
        return parameters
      default:
        return wanted satisfies never
    }
  }
  return segments.length === path.length ? parameters : undefined
}

/** Sorts as text: each segment by how particular it is, then the method. */
function rank({ key, segments, method }: Route): string {
  const kinds = { text: '0', one: '1', rest: '2' } as const
  const path = segments.map(({ kind }) => kinds[kind]).join('')
  return `${key === '$default' ? '1' : '0'}${path}${method === 'ANY' ? '~' : ''}`
}

function split(path: string): readonly string[] {
  return path.replace(/^\//, '').split('/')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
