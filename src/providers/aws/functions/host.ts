import { type Digest, type ImageReference, isDigest, parseImageReference } from '../../../domain/digest.ts'
import { externalError, SluiceError, usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import type { Target, Targets } from '../../../domain/stacks/targets.ts'
import type { FunctionCheck } from '../../../domain/system/function-check.ts'
import { pollUntil } from '../../../runtime/poll.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { Turns } from '../../../runtime/turns.ts'
import type {
  HostPace,
  RevisionSpec,
  RevisionStatus,
  ServiceHost,
  ServiceStatus,
} from '../../ports/services.ts'
import { type Alias, type AliasMove, revertMove, settleMove, shiftMove, stageMove } from './alias.ts'
import type { FunctionVersion, LambdaApi } from './api.ts'
import { checkTrouble, eventOf } from './check.ts'

type FunctionTarget = Extract<Target, { kind: 'lambda-alias' }>

/** Milliseconds that Lambda may take to fetch an image. */
const READY = 10 * 60_000
/** Attempts at an alias that others move as well. */
const RACES = 6
const MARK = 'sluice '

/**
 * Functions of Lambda that run an image. A release is a published version; its traffic is a weight in the alias, which is read and
 * moved by compare-and-swap. Everything that is remembered stands in Lambda. A version that waits at 0 % is called once it is ready,
 * where sluice.yml says how: whether it works is known before anybody else calls it.
 */
export class LambdaFunctions implements ServiceHost {
  readonly pace: HostPace = { every: 2_000, patience: 10 * 60_000 }
  readonly #api: LambdaApi
  readonly #runtime: Pick<Runtime, 'clock' | 'random'>
  readonly #targets: () => Promise<Targets>
  readonly #checks: Named<FunctionCheck>
  readonly #turns = new Turns()
  /** Versions that have passed: what is published never changes. */
  readonly #passed = new Set<string>()

  /** @param checks of functions that have one */
  constructor(
    api: LambdaApi,
    runtime: Pick<Runtime, 'clock' | 'random'>,
    targets: () => Promise<Targets>,
    checks: Named<FunctionCheck> = {},
  ) {
    this.#api = api
    this.#checks = checks
    this.#runtime = runtime
    this.#targets = targets
  }

  async describe(service: string): Promise<ServiceStatus> {
    const target = await this.#target(service)
    const alias = await this.#api.alias(target.function, target.alias)
    const revisions: RevisionStatus[] = []
    for (const [version, weight] of alias === undefined ? [] : shares(alias)) {
      const found = await this.#api.version(target.function, version)
      const image = imageOf(found)
      // What apply made to have something is no release: it is known by no digest.
      if (image === undefined) continue
      const isStaged = alias?.staged?.version === version
      const waits = isStaged && weight === 0 && found.state === 'ready'
      const trouble = waits ? await this.#trouble(service, target.function, version) : null
      const status = revisionStatus(found, image, weight)
      revisions.push({
        ...status,
        ...(trouble === null ? {} : { running: 0, healthy: false, trouble }),
        ...(isStaged ? { staged: true as const } : {}),
      })
    }
    const rolling = alias !== undefined && alias.staged !== null
    const state = revisions.length === 0 ? 'absent' : rolling ? 'rolling' : 'running'
    return { service, state, url: null, revisions }
  }

  stage({ service, image, release }: RevisionSpec, given?: AbortSignal): Promise<string> {
    const work = async (signal: AbortSignal): Promise<string> => {
      const target = await this.#target(service.name)
      const { function: name } = target
      const description = `${MARK}${release}`
      const alias = await this.#alias(target, signal)
      const known = await this.#api.described(name, description, signal)
      const runs = async (version: string): Promise<boolean> =>
        imageOf(await this.#api.version(name, version, signal)) === image
      const version = known !== undefined && (await runs(known)) ? known : undefined
      if (alias.staged !== null && alias.staged.version !== version)
        throw busy(service.name, alias.staged.version)
      const staged = version ?? (await this.#publish(name, image, description, signal))
      await this.#move(service.name, target, (now) => stageMove(now, staged), { refusal: busy, signal })
      return staged
    }
    return this.#turns.take(service.name, work, given)
  }

  shift(service: string, revision: string, percent: number): Promise<void> {
    return this.#step(service, (now) => shiftMove(now, revision, percent))
  }

  settle(service: string, revision: string): Promise<void> {
    return this.#step(service, (now) => settleMove(now, revision))
  }

  revert(service: string, revision: string): Promise<void> {
    return this.#step(service, (now) => revertMove(now, revision))
  }

  #step(service: string, decide: (now: Alias) => AliasMove): Promise<void> {
    return this.#turns.take(service, async (signal) => {
      const target = await this.#target(service)
      await this.#move(service, target, decide, { refusal: superseded, signal })
    })
  }

  /** @param signal aborted when another step has begun: what is given up publishes nothing any more. */
  async #publish(
    name: string,
    image: ImageReference,
    description: string,
    signal: AbortSignal,
  ): Promise<string> {
    let asked = false
    const look = async (): Promise<FunctionVersion | undefined> => {
      const latest = await this.#api.version(name, '$LATEST', signal)
      if (latest.state === 'waiting') return undefined
      if (imageOf(latest) === image) return latest
      if (asked) throw busy(name, latest.image)
      const set = await this.#api.setImage(name, image, signal)
      if (typeof set === 'object') throw notTaken(name, image, set.refused)
      asked = set === 'set'
      return undefined
    }
    const { clock } = this.#runtime
    const deadline = clock.now() + READY
    const ended = await pollUntil(this.#runtime, look, { every: 1_500, deadline, signal })
    if (ended === 'timed-out') {
      throw externalError('service', {
        what: `Lambda has not taken the image of ${name} within ${READY / 1000} s`,
      })
    }
    const { found } = ended
    if (found.state === 'failed') throw notTaken(name, image, found.reason ?? '')
    const version = await this.#api.publish(name, found.codeSha256, description, signal)
    if (version === undefined) throw busy(name, 'another image')
    return version
  }

  /** Why a version that waits shall get no traffic; null where its check has passed or there is none. */
  async #trouble(service: string, name: string, version: string): Promise<string | null> {
    const check = this.#checks[service]
    const one = `${name}:${version}`
    if (check === undefined || this.#passed.has(one)) return null
    const trouble = checkTrouble(check, await this.#api.invoke(name, version, eventOf(check)))
    if (trouble === null) this.#passed.add(one)
    return trouble
  }

  /** Looks, decides and moves, until nobody else has moved it in between (promise R30). */
  async #move(
    service: string,
    target: FunctionTarget,
    decide: (now: Alias) => AliasMove,
    { refusal, signal }: { readonly refusal: typeof busy; readonly signal: AbortSignal },
  ): Promise<void> {
    const { function: name, alias } = target
    for (let attempt = 0; attempt < RACES; attempt++) {
      const now = await this.#alias(target, signal)
      const move = decide(now)
      if (move.kind === 'busy') throw refusal(service, move.by)
      if (move.change === null) return
      if ((await this.#api.move(name, alias, { from: now, to: move.change }, signal)) === 'moved') return
    }
    throw busy(service, 'somebody else, again and again')
  }

  async #alias(target: FunctionTarget, signal: AbortSignal): Promise<Alias> {
    const alias = await this.#api.alias(target.function, target.alias, signal)
    if (alias !== undefined) return alias
    throw new SluiceError('cannot-observe', 'user', {
      what: `function ${target.function} has no alias ${target.alias}`,
      rule: 'the function of targets.json stands before a rollout',
      remedy: 'run "sluice apply", and see that account and region of sluice.yml are the right ones',
    })
  }

  async #target(name: string): Promise<FunctionTarget> {
    const target = (await this.#targets()).functions[name]
    if (target?.kind === 'lambda-alias') return target
    throw usageError({
      what: `targets.json has ${target === undefined ? 'no function' : `a ${target.kind} for function`} ${name}`,
      rule: 'a function of an environment on AWS is a lambda-alias there',
      remedy: 'run "sluice apply" first; with infrastructure of your own, add it to the output "sluice"',
    })
  }
}

function shares({ base, staged }: Alias): readonly (readonly [version: string, percent: number])[] {
  return staged === null
    ? [[base, 100]]
    : [
        [base, 100 - staged.percent],
        [staged.version, staged.percent],
      ]
}

/** Lambda resolves what it is given; undefined where that was no image by digest. */
function imageOf({ image, resolved }: FunctionVersion): ImageReference | undefined {
  if (parseImageReference(image) === undefined) return undefined
  return parseImageReference(resolved) === undefined
    ? (image as ImageReference)
    : (resolved as ImageReference)
}

function revisionStatus(found: FunctionVersion, image: ImageReference, weight: number): RevisionStatus {
  const ready = found.state === 'ready'
  return {
    id: found.version,
    release: releaseOf(found),
    image,
    models: [],
    weight,
    desired: 1,
    running: ready ? 1 : 0,
    healthy: ready,
    trouble: found.reason,
    createdAt: found.modifiedAt,
  }
}

function releaseOf({ description }: FunctionVersion): Digest | null {
  const release = description.startsWith(MARK) ? description.slice(MARK.length) : ''
  return isDigest(release) ? release : null
}

function notTaken(name: string, image: string, why: string): SluiceError {
  return new SluiceError('rolled-back', 'user', {
    what: `Lambda does not take ${image} for function ${name}: ${why}`,
    remedy: 'mend the image, then build and roll out again',
  })
}

function busy(service: string, by: string): SluiceError {
  return new SluiceError('locked', 'user', {
    what: `${service}: ${by} is rolling out`,
    rule: 'a function has one rollout at a time',
    remedy: 'wait until it is over; "sluice rollout" takes back what an interrupted one left',
  })
}

function superseded(service: string, by: string): SluiceError {
  return new SluiceError('stale', 'user', {
    what: `${service}: its traffic is on ${by}, and this version is not on its way`,
    rule: 'a rollout moves its own version alone',
    remedy: 'see "sluice operate status"; find out who deploys beside Sluice',
  })
}
