import type { GetFunctionResponse, LambdaClient } from '@aws-sdk/client-lambda'
import { externalError, SluiceError } from '../../../domain/error.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { AwsCalls } from '../services/calls.ts'
import { type AwsSession, settingsFor } from '../session.ts'
import { codeOf } from '../trouble.ts'
import type { Alias, AliasChange } from './alias.ts'
import type { Invocation } from './check.ts'
import { Places } from './places.ts'

/** One published version, or the code that is not published yet. */
export interface FunctionVersion {
  readonly version: string
  /** As it was asked for. */
  readonly image: string
  /** What that was when it was given, by digest. */
  readonly resolved: string
  readonly description: string
  readonly state: 'ready' | 'waiting' | 'failed'
  readonly reason: string | null
  readonly codeSha256: string
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/** What takes a signal ends with it, and does nothing once that is aborted. */
export interface LambdaApi {
  /** undefined where there is no such alias. */
  alias(name: string, alias: string, signal?: AbortSignal): Promise<Alias | undefined>
  /** `changed`: somebody was quicker. */
  move(
    name: string,
    alias: string,
    way: { readonly from: Alias; readonly to: NonNullable<AliasChange> },
    signal?: AbortSignal,
  ): Promise<'moved' | 'changed'>
  version(name: string, version: string, signal?: AbortSignal): Promise<FunctionVersion>
  /** Number of the newest version with this description. */
  described(name: string, description: string, signal?: AbortSignal): Promise<string | undefined>
  /** Code of the function, not published. `later`: it is being changed; else why Lambda does not take it. */
  setImage(
    name: string,
    image: string,
    signal?: AbortSignal,
  ): Promise<'set' | 'later' | { readonly refused: string }>
  /** The version of exactly this code: its number; undefined where the code is another one by now. */
  publish(
    name: string,
    codeSha256: string,
    description: string,
    signal?: AbortSignal,
  ): Promise<string | undefined>
  /**
   * One call of exactly this version, whatever the alias says; it has as long as a request to Lambda, 30 s.
   * @throws SluiceError cannot-observe where calling it is not allowed, external where no answer comes.
   */
  invoke(name: string, version: string, event: Readonly<Record<string, unknown>>): Promise<Invocation>
  close(): void
}

const MOVED_ON = new Set(['PreconditionFailedException', 'ResourceConflictException'])

/** Lambda, with its client loaded by the first call. @see https://docs.aws.amazon.com/lambda/latest/api/ */
export function lambdaApi(session: AwsSession, runtime: Pick<Runtime, 'clock' | 'random'>): LambdaApi {
  const calls = new AwsCalls(runtime, 'Lambda')
  const places = new Places()
  let opened: Promise<LambdaClient> | undefined
  const sdk = async () => {
    const api = await import('../sdk/lambda.ts')
    opened ??= Promise.resolve(new api.LambdaClient({ ...settingsFor(session, 'LAMBDA'), maxAttempts: 1 }))
    return { api, lambda: await opened }
  }
  return {
    async alias(name, alias, signal) {
      const { api, lambda } = await sdk()
      const request = new api.GetAliasCommand({ FunctionName: name, Name: alias })
      const found = await calls.ask(
        `looking at function ${name}`,
        'always',
        async (options) => {
          try {
            return await lambda.send(request, options)
          } catch (error) {
            if (codeOf(error) === 'ResourceNotFoundException') return undefined
            throw error
          }
        },
        signal,
      )
      if (found === undefined) return undefined
      places.know(name, found.AliasArn)
      return aliasOf(name, found)
    },

    async move(name, alias, { from, to: { base, staged } }, signal) {
      const { api, lambda } = await sdk()
      const weights = staged === null ? {} : { [staged.version]: staged.percent / 100 }
      const request = new api.UpdateAliasCommand({
        FunctionName: name,
        Name: alias,
        FunctionVersion: base,
        RoutingConfig: { AdditionalVersionWeights: weights },
        RevisionId: from.revisionId,
      })
      try {
        await calls.ask(
          `moving the traffic of function ${name}`,
          'refused',
          (options) => lambda.send(request, options),
          signal,
        )
        return 'moved'
      } catch (error) {
        if (MOVED_ON.has(codeOf(error instanceof SluiceError ? error.cause : error))) return 'changed'
        throw error
      }
    },

    async version(name, version, signal) {
      const { api, lambda } = await sdk()
      const request = new api.GetFunctionCommand({ FunctionName: name, Qualifier: version })
      const found = await calls.ask(
        `looking at version ${version} of function ${name}`,
        'always',
        (options) => lambda.send(request, options),
        signal,
      )
      places.know(name, found.Configuration?.FunctionArn)
      return versionOf(found)
    },

    async described(name, description, signal) {
      const { api, lambda } = await sdk()
      let found: string | undefined
      let Marker: string | undefined
      do {
        const request = new api.ListVersionsByFunctionCommand({ FunctionName: name, Marker })
        const page = await calls.ask(
          `looking for versions of function ${name}`,
          'always',
          (options) => lambda.send(request, options),
          signal,
        )
        for (const { Version, Description } of page.Versions ?? []) {
          // Oldest first.
          if (Version !== '$LATEST' && Description === description) found = Version
        }
        Marker = page.NextMarker
      } while (Marker !== undefined && Marker !== '')
      return found
    },

    async setImage(name, image, signal) {
      const { api, lambda } = await sdk()
      const request = new api.UpdateFunctionCodeCommand({
        FunctionName: name,
        ImageUri: image,
        Publish: false,
      })
      try {
        // The same image twice is the same.
        await calls.ask(
          `giving function ${name} its image`,
          'always',
          (options) => lambda.send(request, options),
          signal,
        )
        return 'set'
      } catch (error) {
        const cause = error instanceof SluiceError ? error.cause : error
        if (codeOf(cause) === 'ResourceConflictException') return 'later'
        if (codeOf(cause) === 'InvalidParameterValueException') return { refused: (cause as Error).message }
        throw error
      }
    },

    async publish(name, codeSha256, description, signal) {
      const { api, lambda } = await sdk()
      const request = new api.PublishVersionCommand({
        FunctionName: name,
        CodeSha256: codeSha256,
        Description: description,
      })
      try {
        // What is published already is not published twice.
        const { Version } = await calls.ask(
          `publishing function ${name}`,
          'always',
          (options) => lambda.send(request, options),
          signal,
        )
        if (Version !== undefined) return Version
      } catch (error) {
        const code = codeOf(error instanceof SluiceError ? error.cause : error)
        if (code === 'ResourceConflictException' || code === 'InvalidParameterValueException')
          return undefined
        throw error
      }
      throw externalError('service', { what: `Lambda published function ${name} without a version` })
    },

    async invoke(name, version, event) {
      const { api, lambda } = await sdk()
      const request = new api.InvokeCommand({
        FunctionName: name,
        Qualifier: version,
        InvocationType: 'RequestResponse',
        LogType: 'Tail',
        Payload: Buffer.from(JSON.stringify(event)),
      })
      // Whoever writes a check means it to be asked again and again.
      const answer = await calls.ask(`calling version ${version} of function ${name}`, 'always', (options) =>
        lambda.send(request, options),
      )
      return {
        functionError: answer.FunctionError ?? null,
        payload: answer.Payload === undefined ? '' : Buffer.from(answer.Payload).toString('utf8'),
        log: linesOf(answer.LogResult),
      }
    },

    close: () => void opened?.then((lambda) => lambda.destroy()),
  }
}

/** What Lambda itself writes around a call. */
const FRAME = /^(?:START|END|REPORT|INIT_START|XRAY) /
/** Lines of a log that a reason is given with. */
const LINES = 5

function linesOf(log: string | undefined): readonly string[] {
  const lines = Buffer.from(log ?? '', 'base64')
    .toString('utf8')
    .split('\n')
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '' && !FRAME.test(line))
    .slice(-LINES)
}

interface AliasJson {
  readonly FunctionVersion?: string | undefined
  readonly RevisionId?: string | undefined
  readonly RoutingConfig?:
    | { readonly AdditionalVersionWeights?: Readonly<Record<string, number>> | undefined }
    | undefined
}

function aliasOf(name: string, { FunctionVersion: base, RevisionId, RoutingConfig }: AliasJson): Alias {
  const [first, ...others] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {})
  if (base === undefined || others.length > 0) {
    throw new SluiceError('cannot-observe', 'service', {
      what: `function ${name}: its alias leads to ${base ?? 'nothing'} and ${others.length + 1} more versions`,
      rule: 'an unknown state is never taken for success',
      remedy: 'see the alias in the console of Lambda',
    })
  }
  const staged =
    first === undefined ? null : { version: first[0], percent: Math.round(first[1] * 10_000) / 100 }
  return { base, staged, revisionId: RevisionId ?? '' }
}

function versionOf({ Configuration = {}, Code = {} }: GetFunctionResponse): FunctionVersion {
  const { Version = '', Description = '', State, StateReason, CodeSha256 = '', LastModified } = Configuration
  const { LastUpdateStatus = 'Successful', LastUpdateStatusReason } = Configuration
  const failed = State === 'Failed' || LastUpdateStatus === 'Failed'
  // Inactive is at rest: the next request wakes it.
  const ready = (State === 'Active' || State === 'Inactive') && LastUpdateStatus === 'Successful'
  const reason = failed ? (StateReason ?? LastUpdateStatusReason ?? 'Lambda gives no reason') : null
  return {
    version: Version,
    image: Code.ImageUri ?? '',
    resolved: Code.ResolvedImageUri ?? '',
    description: Description,
    state: failed ? 'failed' : ready ? 'ready' : 'waiting',
    reason,
    codeSha256: CodeSha256,
    modifiedAt: LastModified === undefined ? 0 : Date.parse(LastModified),
  }
}
