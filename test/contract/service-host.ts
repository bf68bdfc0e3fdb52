import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Digest, digestOf, type ImageReference } from '../../src/domain/digest.ts'
import type { ServedModel } from '../../src/domain/models/model.ts'
import type { Service } from '../../src/domain/system/system.ts'
import type { Operations } from '../../src/providers/ports/operations.ts'
import type { RevisionStatus, ServiceHost, ServiceStatus } from '../../src/providers/ports/services.ts'

/** One provider with an empty place to run services in. */
export interface HostUnderTest {
  readonly services: ServiceHost
  /**
   * An image whose process answers every path with its version, and its health path with 200 and its models as JSON:
   * `good` does that, `sick` answers 500 at its health path, `wrong-model` reports another model, `exits` ends at once.
   */
  image(behaviour: 'good' | 'sick' | 'wrong-model' | 'exits', version: string): Promise<ImageReference>
  service(changes?: Partial<Service>): Service
  /** Asks the service at its address, as its users do. */
  request(service: string): Promise<{ readonly status: number; readonly body: string }>
  /** Waits between two looks. */
  pause(): Promise<void>
  close(): Promise<void>
}

export interface OperatedHost extends HostUnderTest {
  readonly operations: Operations
}

const release = (version: string): Digest => digestOf(`release ${version}`)

/** What the tests do with the cloud that stands open. */
function steps(cloud: () => HostUnderTest) {
  const stage = async (version: string, behaviour: Parameters<HostUnderTest['image']>[0] = 'good') =>
    cloud().services.stage({
      service: cloud().service(),
      image: await cloud().image(behaviour, version),
      models: [],
      release: release(version),
    })
  const until = async (done: (status: ServiceStatus) => boolean): Promise<ServiceStatus> => {
    for (;;) {
      const status = await cloud().services.describe('api')
      if (done(status)) return status
      await cloud().pause()
    }
  }
  const revisionOf = (status: ServiceStatus, id: string): RevisionStatus | undefined =>
    status.revisions.find((revision) => revision.id === id)
  const healthy = (id: string) => until((status) => revisionOf(status, id)?.healthy === true)
  const live = async (version: string): Promise<string> => {
    const id = await stage(version)
    await healthy(id)
    await cloud().services.shift('api', id, 100)
    await cloud().services.settle('api', id)
    return id
  }
  const bodies = async (count: number): Promise<readonly string[]> => {
    const seen: string[] = []
    for (let i = 0; i < count; i++) seen.push((await cloud().request('api')).body)
    return seen
  }

  return { stage, until, revisionOf, healthy, live, bodies }
}

/**
 * What every ServiceHost must do.
 *
 * @param sick false where the platform takes no image that does not run, so that no such revision is ever staged
 */
export function serviceHostContract(
  name: string,
  open: () => Promise<HostUnderTest>,
  { sick = true }: { readonly sick?: boolean } = {},
): void {
  describe(`the services of ${name}`, () => {
    let cloud: HostUnderTest
    beforeEach(async () => {
      cloud = await open()
    })
    afterEach(() => cloud.close())
    const { stage, until, revisionOf, healthy, live, bodies } = steps(() => cloud)

    test('a service that was never staged is absent', async () => {
      expect(await cloud.services.describe('api')).toMatchObject({ state: 'absent', revisions: [] })
    })

    test('a staged revision becomes healthy at 0 % and takes no traffic of the live one', async () => {
      const first = await live('1')
      const second = await stage('2')
      const status = await healthy(second)
      expect(status.state).toBe('rolling')
      expect(revisionOf(status, second)).toMatchObject({ weight: 0, release: release('2'), trouble: null })
      expect(revisionOf(status, first)?.weight).toBe(100)
      expect(new Set(await bodies(10))).toEqual(new Set(['1']))
    })

    test('a shift gives the revision its share; settling ends the one before', async () => {
      await live('1')
      const second = await stage('2')
      await healthy(second)
      await cloud.services.shift('api', second, 50)
      const half = await bodies(40)
      expect(half).toContain('1')
      expect(half).toContain('2')
      await cloud.services.shift('api', second, 100)
      await cloud.services.settle('api', second)
      const status = await until(({ revisions }) => revisions.length === 1)
      expect(status.state).toBe('running')
      expect(status.revisions[0]).toMatchObject({ id: second, weight: 100, healthy: true })
      expect(new Set(await bodies(10))).toEqual(new Set(['2']))
    })

    test('R29 reverting gives all traffic back to the revision that was live before', async () => {
      const first = await live('1')
      const second = await stage('2')
      await healthy(second)
      await cloud.services.shift('api', second, 50)
      await cloud.services.revert('api', second)
      const status = await until(({ revisions }) => revisions.length === 1)
      expect(status.revisions[0]).toMatchObject({ id: first, weight: 100 })
      expect(new Set(await bodies(10))).toEqual(new Set(['1']))
    })

    test('R29 reverting a first deployment leaves the service absent', async () => {
      const first = await stage('1')
      await cloud.services.revert('api', first)
      expect((await cloud.services.describe('api')).state).toBe('absent')
      expect((await cloud.request('api')).status).toBe(503)
    })

    test('R28 every step may be repeated and does nothing more', async () => {
      const first = await live('1')
      expect(await stage('1')).toBe(first)
      const second = await stage('2')
      expect(await stage('2')).toBe(second)
      await healthy(second)
      for (const _again of [1, 2]) await cloud.services.shift('api', second, 30)
      for (const _again of [1, 2]) await cloud.services.shift('api', second, 100)
      for (const _again of [1, 2]) await cloud.services.settle('api', second)
      await cloud.services.shift('api', second, 100)
      const third = await stage('3')
      for (const _again of [1, 2]) await cloud.services.revert('api', third)
      const status = await cloud.services.describe('api')
      expect(status.revisions.map((revision) => revision.id)).toEqual([second])
    })

    test('R28 a revision says that it is on its way until it is settled, also one that ran before', async () => {
      await live('1')
      const second = await stage('2')
      await healthy(second)
      const staged = async (): Promise<readonly string[]> => {
        const { revisions } = await cloud.services.describe('api')
        return revisions.filter((one) => one.staged === true).map(({ id }) => id)
      }
      expect(await staged()).toEqual([second])
      await cloud.services.shift('api', second, 100)
      expect(await staged()).toEqual([second])
      await cloud.services.settle('api', second)
      expect(await staged()).toEqual([])
      const again = await stage('1')
      expect(await staged()).toEqual([again])
      await cloud.services.revert('api', again)
      expect(await staged()).toEqual([])
    })

    test('R30 a second rollout of the same service is refused while one is on its way', async () => {
      await live('1')
      const second = await stage('2')
      await expect(stage('3')).rejects.toMatchObject({ outcome: 'locked' })
      await cloud.services.revert('api', second)
      await expect(cloud.services.shift('api', second, 50)).rejects.toMatchObject({ outcome: 'stale' })
    })

    if (!sick) return
    test('a revision that is not healthy says why', async () => {
      await live('1')
      const ill = await stage('2', 'sick')
      const status = await until((now) => /500/.test(revisionOf(now, ill)?.trouble ?? ''))
      expect(revisionOf(status, ill)?.healthy).toBe(false)
      await cloud.services.revert('api', ill)
      const dead = await stage('3', 'exits')
      const ended = await until((now) => /code 3/.test(revisionOf(now, dead)?.trouble ?? ''))
      expect(revisionOf(ended, dead)?.trouble).toContain('no configuration found')
    })
  })
}

/** What a platform must do beyond that where it asks every revision itself, whatever its traffic. */
export function probedHostContract(name: string, open: () => Promise<HostUnderTest>): void {
  describe(`the revisions of ${name}`, () => {
    let cloud: HostUnderTest
    beforeEach(async () => {
      cloud = await open()
    })
    afterEach(() => cloud.close())
    const { until, revisionOf, healthy } = steps(() => cloud)

    test('R42 a revision that serves another model than its release pins is not healthy', async () => {
      const model: ServedModel = { name: 'sentiment', version: '7', digest: digestOf('weights') }
      const spec = async (behaviour: 'good' | 'wrong-model') => ({
        service: cloud.service(),
        image: await cloud.image(behaviour, '1'),
        models: [model],
        release: release(behaviour),
      })
      const wrong = await cloud.services.stage(await spec('wrong-model'))
      const status = await until((now) => /sentiment/.test(revisionOf(now, wrong)?.trouble ?? ''))
      expect(revisionOf(status, wrong)?.trouble).toContain(`7@${model.digest}`)
      await cloud.services.revert('api', wrong)
      const right = await cloud.services.stage(await spec('good'))
      expect(revisionOf(await healthy(right), right)?.models).toEqual([model])
    })
  })
}

/** What the Operations of every provider must do with its services. */
export function operationsContract(name: string, open: () => Promise<OperatedHost>): void {
  describe(`operating the services of ${name}`, () => {
    let cloud: OperatedHost
    beforeEach(async () => {
      cloud = await open()
    })
    afterEach(() => cloud.close())
    const { revisionOf, healthy, live } = steps(() => cloud)

    test('pause stops every process and keeps the address; resume brings it back', async () => {
      const first = await live('1')
      const { url } = await cloud.services.describe('api')
      await cloud.operations.pause('api')
      const paused = await cloud.services.describe('api')
      expect(paused).toMatchObject({ state: 'paused', url })
      expect(revisionOf(paused, first)).toMatchObject({ desired: 0, running: 0, weight: 100 })
      expect((await cloud.request('api')).status).toBe(503)
      await cloud.operations.resume('api')
      await healthy(first)
      expect((await cloud.request('api')).body).toBe('1')
    })

    test('restart replaces the processes while the service goes on serving', async () => {
      const first = await live('1')
      let over = false
      const restarted = cloud.operations.restart('api').then(() => {
        over = true
      })
      while (!over) expect((await cloud.request('api')).status).toBe(200)
      await restarted
      expect(revisionOf(await cloud.services.describe('api'), first)?.healthy).toBe(true)
    })

    test('logs give the last lines, filtered where asked, and follow what comes', async () => {
      await live('1')
      const collect = async (
        count: number,
        query: { follow: boolean; filter?: string },
      ): Promise<string[]> => {
        const stop = new AbortController()
        const lines: string[] = []
        for await (const line of cloud.operations.logs('api', { tail: 100, signal: stop.signal, ...query })) {
          lines.push(line.text)
          if (lines.length >= count) break
        }
        stop.abort()
        return lines
      }
      const following = collect(2, { follow: true, filter: 'version' })
      await live('2')
      expect(await following).toEqual(['version 1 good', 'version 2 good'])
      expect(await collect(10, { follow: false, filter: 'version 2' })).toEqual(['version 2 good'])
    })
  })
}
