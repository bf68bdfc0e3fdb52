import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { digestOf, parseImageReference } from '../../../../src/domain/digest.ts'
import { CloudError } from '../faults.ts'
import type { Resource } from '../store.ts'
import { textOf } from '../value.ts'
import type { CloudWorld } from '../world.ts'
import { type HttpFaultPlan, send } from './http-faults.ts'
import type { HttpDoor } from './sts.ts'

/** How an image behaves as a function. Times are milliseconds. */
export interface FunctionBehaviour {
  /** Until Lambda has fetched it; default 5 s. */
  readonly takes?: number
  /** The registry does not have it. */
  readonly missing?: boolean
  /** Lambda cannot use it, and says so when it has looked. */
  readonly fails?: string
  /** Lambda cannot run what it has published any more: its image was deleted, or may not be read. */
  readonly lost?: string
  /** What it makes of a call; default: `null`, as a program that returns nothing. */
  readonly answer?: (event: unknown) => FunctionAnswer
}

export interface FunctionAnswer {
  readonly payload: unknown
  /** `Unhandled`, where it ended with an error. */
  readonly error?: string
  readonly log?: string
}

interface Published {
  readonly version: string
  readonly image: string
  readonly description: string
  readonly at: number
}

interface Latest {
  readonly image: string
  readonly since: number
}

/** Lambda's REST API. ../README.md cites the page of each behaviour. */
export interface LambdaDoor extends HttpDoor {
  readonly requests: { readonly name: string }[]
  faults: HttpFaultPlan
  /** Told when a request will never be answered. */
  stuck: () => void
  /** Region and account that it answers for. */
  place: string
  /** Traffic of the alias `live` of a function: image -> percent. */
  traffic(name: string): Readonly<Record<string, number>>
  /** Whether the alias `live` names a second version, whatever its share. */
  weighted(name: string): boolean
  /** Number of the version that runs this image. */
  versionOf(name: string, image: string): string
  /** Numbers of the published versions. */
  versions(name: string): readonly string[]
  /** Calls of published versions, in their order. */
  readonly calls: { readonly version: string; readonly event: unknown }[]
}

const FUNCTION = 'aws_lambda_function'
const ALIAS = 'aws_lambda_alias'
type Body = Readonly<Record<string, unknown>>

/** What a function answered, with what Lambda says of it in headers. */
class Answered {
  readonly payload: unknown
  readonly headers: Readonly<Record<string, string>>

  constructor(payload: unknown, headers: Readonly<Record<string, string>>) {
    this.payload = payload
    this.headers = headers
  }
}

export async function openLambda(
  { store, clock, account }: CloudWorld,
  behaviour: (image: string) => FunctionBehaviour = () => ({}),
): Promise<LambdaDoor> {
  const functionOf = (name: string): Resource => {
    const found = store.find(FUNCTION, (attributes) => attributes['function_name'] === name)
    if (found === undefined) throw new CloudError('ResourceNotFoundException', `Function not found: ${name}`)
    return found
  }
  const latestOf = (record: Resource): Latest =>
    (record.facets['latest'] as Latest | undefined) ?? {
      image: textOf(record.attributes['image_uri']) ?? '',
      since: 0,
    }
  const publishedOf = (record: Resource): readonly Published[] =>
    (record.facets['published'] as readonly Published[] | undefined) ?? [
      { version: '1', image: textOf(record.attributes['image_uri']) ?? '', description: '', at: 0 },
    ]
  const isBusy = ({ image, since }: Latest): boolean =>
    clock.now() < since + (behaviour(image).takes ?? 5_000)
  const aliasOf = (name: string, alias: string): Resource => {
    const found = store.find(
      ALIAS,
      (attributes) => attributes['function_name'] === name && attributes['name'] === alias,
    )
    if (found === undefined) throw new CloudError('ResourceNotFoundException', `Cannot find alias ${alias}`)
    return found
  }
  const weightsOf = ({ attributes }: Resource): Readonly<Record<string, number>> => {
    const [routing] = (attributes['routing_config'] ?? []) as readonly {
      additional_version_weights?: Record<string, number>
    }[]
    return routing?.additional_version_weights ?? {}
  }
  const arnOf = (name: unknown): string => `arn:aws:lambda:${door.place}:function:${name}`
  const aliasJson = (record: Resource): Body => ({
    AliasArn: `${arnOf(record.attributes['function_name'])}:${record.attributes['name']}`,
    Name: record.attributes['name'],
    FunctionVersion: record.attributes['function_version'],
    RoutingConfig: { AdditionalVersionWeights: weightsOf(record) },
    RevisionId: digestOf(JSON.stringify([door.place, record.attributes, record.facets])).slice(7, 43),
  })
  const versionJson = (image: string, version: string, description: string, at: number): Body => ({
    Version: version,
    Description: description,
    CodeSha256: digestOf(image).slice(7),
    LastModified: new Date(at).toISOString(),
    State: 'Active',
    PackageType: 'Image',
  })
  const codeJson = (image: string): Body => {
    const parsed = parseImageReference(image)
    const resolved = parsed === undefined ? `${image.split(':')[0]}@${digestOf(image)}` : image
    return { ImageUri: image, ResolvedImageUri: resolved, RepositoryType: 'ECR' }
  }

  const routes: readonly [
    method: string,
    path: RegExp,
    handle: (name: string, more: string, body: Body) => Body | Answered,
  ][] = [
    ['GET', /^\/functions\/([^/?]+)\/aliases\/([^/?]+)$/, (name, alias) => aliasJson(aliasOf(name, alias))],
    [
      'PUT',
      /^\/functions\/([^/?]+)\/aliases\/([^/?]+)$/,
      (name, alias, body) => {
        const found = aliasOf(name, alias)
        const { RevisionId, FunctionVersion, RoutingConfig } = body
        if (RevisionId !== undefined && RevisionId !== aliasJson(found)['RevisionId']) {
          throw new CloudError('PreconditionFailedException', 'The RevisionId provided does not match')
        }
        const weights = (RoutingConfig as Body | undefined)?.['AdditionalVersionWeights'] as
          | Record<string, number>
          | undefined
        const known = publishedOf(functionOf(name)).map(({ version }) => version)
        for (const version of [String(FunctionVersion), ...Object.keys(weights ?? {})]) {
          if (!known.includes(version))
            throw new CloudError('ResourceNotFoundException', `Version ${version}`)
        }
        store.move(ALIAS, found.key, {
          function_version: String(FunctionVersion),
          routing_config: [{ additional_version_weights: weights ?? {} }],
        })
        const moves = Number(found.facets['moves'] ?? 0) + 1
        const now = store.get(ALIAS, found.key) ?? found
        return aliasJson(store.put({ ...now, facets: { ...now.facets, moves } }))
      },
    ],
    [
      'GET',
      /^\/functions\/([^/?]+)(?:\?Qualifier=(.+))?$/,
      (name, qualifier = '$LATEST') => {
        const record = functionOf(name)
        if (qualifier !== '$LATEST') {
          const found = publishedOf(record).find(({ version }) => version === qualifier)
          if (found === undefined) throw new CloudError('ResourceNotFoundException', `Version ${qualifier}`)
          const { image, version, description, at } = found
          const { lost } = behaviour(image)
          const state =
            lost === undefined ? {} : { State: 'Failed', StateReason: lost, StateReasonCode: 'ImageDeleted' }
          return {
            Configuration: {
              ...versionJson(image, version, description, at),
              FunctionArn: `${arnOf(name)}:${version}`,
              ...state,
            },
            Code: codeJson(image),
          }
        }
        const latest = latestOf(record)
        const { fails } = behaviour(latest.image)
        const status = isBusy(latest) ? 'InProgress' : fails === undefined ? 'Successful' : 'Failed'
        return {
          Configuration: {
            ...versionJson(latest.image, '$LATEST', '', latest.since),
            FunctionArn: `${arnOf(name)}:$LATEST`,
            LastUpdateStatus: status,
            ...(status === 'Failed' ? { LastUpdateStatusReason: fails } : {}),
          },
          Code: codeJson(latest.image),
        }
      },
    ],
    [
      'GET',
      /^\/functions\/([^/?]+)\/versions(?:\?Marker=(\d+))?$/,
      (name, marker = '0') => {
        const record = functionOf(name)
        const latest = latestOf(record)
        const all = [
          versionJson(latest.image, '$LATEST', '', latest.since),
          ...publishedOf(record).map((one) => versionJson(one.image, one.version, one.description, one.at)),
        ]
        const [from, size] = [Number(marker), 2]
        return {
          Versions: all.slice(from, from + size),
          ...(all.length > from + size ? { NextMarker: String(from + size) } : {}),
        }
      },
    ],
    [
      'PUT',
      /^\/functions\/([^/?]+)\/code()$/,
      (name, _, body) => {
        const record = functionOf(name)
        const image = String(body['ImageUri'])
        if (isBusy(latestOf(record))) {
          throw new CloudError('ResourceConflictException', 'An update is in progress for resource')
        }
        if (behaviour(image).missing === true) {
          throw new CloudError('InvalidParameterValueException', `Source image ${image} does not exist.`)
        }
        if (latestOf(record).image !== image) {
          store.put({
            ...record,
            facets: {
              ...record.facets,
              published: publishedOf(record),
              latest: { image, since: clock.now() },
            },
          })
          store.move(FUNCTION, record.key, { image_uri: image })
        }
        return { CodeSha256: digestOf(image).slice(7) }
      },
    ],
    [
      'POST',
      /^\/functions\/([^/?]+)\/versions()$/,
      (name, _, body) => {
        const record = functionOf(name)
        const latest = latestOf(record)
        const published = publishedOf(record)
        if (isBusy(latest)) throw new CloudError('ResourceConflictException', 'An update is in progress')
        const { CodeSha256, Description } = body
        if (CodeSha256 !== undefined && CodeSha256 !== digestOf(latest.image).slice(7)) {
          throw new CloudError('InvalidParameterValueException', 'CodeSHA256 is different from current')
        }
        const last = published.at(-1)
        const one =
          last?.image === latest.image
            ? last
            : {
                version: String(Number(last?.version ?? '0') + 1),
                image: latest.image,
                description: String(Description ?? ''),
                at: clock.now(),
              }
        if (one !== last) {
          store.put({ ...record, facets: { ...record.facets, published: [...published, one] } })
        }
        return versionJson(one.image, one.version, one.description, one.at)
      },
    ],
    [
      'POST',
      // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
      /^\/functions\/([^/?]+)\/invocations\?Qualifier=(.+)$/,
      (name, version, event) => {
        const found = publishedOf(functionOf(name)).find((one) => one.version === version)
        if (found === undefined) throw new CloudError('ResourceNotFoundException', `Version ${version}`)
        calls.push({ version, event })
        const { payload, error, log = '' } = behaviour(found.image).answer?.(event) ?? { payload: null }
        return new Answered(payload, {
          'x-amz-executed-version': version,
          'x-amz-log-result': Buffer.from(log).toString('base64'),
          ...(error === undefined ? {} : { 'x-amz-function-error': error }),
        })
      },
    ],
  ]
  const calls: { version: string; event: unknown }[] = []

  const requests: { name: string }[] = []
  const STATUS: Readonly<Record<string, number>> = {
    ResourceNotFoundException: 404,
    ResourceConflictException: 409,
    PreconditionFailedException: 412,
  }
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = decodeURIComponent((request.url ?? '').replace(/^\/\d{4}-\d\d-\d\d/, ''))
      let [status, said, code]: [number, unknown, string] = [
        404,
        { Message: path },
        'ResourceNotFoundException',
      ]
      for (const [method, pattern, handle] of routes) {
        const [, first = '', second] = method === request.method ? (pattern.exec(path) ?? []) : []
        if (first === '') continue
        const name = `${method} ${path.replace(first, 'NAME')}`
        requests.push({ name })
        let more: Readonly<Record<string, string>> = {}
        const fault = door.faults(name, requests.length)
        try {
          if (fault?.kind === 'answer') [status, said, code] = [fault.status, {}, fault.code]
          else {
            const input = (body === '' ? {} : JSON.parse(body)) as Body
            const made = handle(first, second as string, input)
            ;[status, said, code] = [200, made instanceof Answered ? made.payload : made, '']
            if (made instanceof Answered) more = made.headers
          }
        } catch (error) {
          if (!(error instanceof CloudError)) throw error
          code = error.code
          status = STATUS[code] ?? 400
          said = { Message: error.message.slice(code.length + 2) }
        }
        const headers = {
          'content-type': 'application/json',
          ...(code === '' ? {} : { 'x-amzn-errortype': code }),
          ...more,
        }
        send(response, { status, headers, body: JSON.stringify(said) }, fault, () => door.stuck())
        return
      }
      response.writeHead(404, { 'x-amzn-errortype': code })
      response.end(JSON.stringify(said))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const door: LambdaDoor = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    calls,
    faults: () => undefined,
    stuck: () => {},
    place: `us-east-1:${account}`,
    weighted: (name) => Object.keys(weightsOf(aliasOf(name, 'live'))).length > 0,
    versionOf: (name, image) =>
      publishedOf(functionOf(name)).findLast((one) => one.image === image)?.version ?? '',
    versions: (name) => publishedOf(functionOf(name)).map(({ version }) => version),
    traffic: (name) => {
      const alias = aliasOf(name, 'live')
      const published = publishedOf(functionOf(name))
      const image = (version: string): string =>
        published.find((one) => one.version === version)?.image ?? version
      const extra = Object.entries(weightsOf(alias)).filter(([, weight]) => weight > 0)
      const rest = 1 - extra.reduce((sum, [, weight]) => sum + weight, 0)
      return Object.fromEntries([
        ...(rest > 0 ? [[image(String(alias.attributes['function_version'])), Math.round(rest * 100)]] : []),
        ...extra.map(([version, weight]) => [image(version), Math.round(weight * 100)]),
      ]) as Record<string, number>
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return door
}
