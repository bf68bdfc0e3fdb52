/** The rollout over the real local platform: processes behind the weighted proxy, a ledger in files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { carry } from '../../../src/commands/rollout/carry.ts'
import { openSite } from '../../../src/commands/rollout/site.ts'
import { type ImageReference, parseImageReference } from '../../../src/domain/digest.ts'
import { fileObjects } from '../../../src/providers/local/objects/file-objects.ts'
import { LocalServices } from '../../../src/providers/local/services/host.ts'
import type { Provider } from '../../../src/providers/provider.ts'
import { nodeRuntime } from '../../../src/runtime/node/index.ts'
import { image, service, shop, World } from '../../world/cloud.ts'

const SERVER = `
import { createServer } from 'node:http'
const version = process.argv[2]
if (version === 'exits') process.exit(3)
let served = 0
createServer((request, response) => {
  if (version === 'breaks' && request.url === '/' && ++served > 2) response.statusCode = 500
  response.end(version)
}).listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
`
const services = { web: service('web', { connects: ['api'] }), api: service('api') }
const check = { kind: 'http' as const, path: '/', status: 200, requests: 5 }
const system = shop({
  services,
  rollout: { ...shop().rollout, steps: [20, 100], bake: 300, checks: [check], startTimeout: 20_000 },
})

let folder: string
let host: LocalServices
let contents: Map<ImageReference, string>
const quiet = { emit: () => {} }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-rollout-'))
  contents = new Map()
  await writeFile(join(folder, 'server.mjs'), SERVER)
  host = await LocalServices.open({
    runtime: nodeRuntime(quiet, { cancelled: new AbortController().signal }),
    folder,
    services: Object.values(services),
    endpoints: () => [],
    containers: {
      prepare: async (reference) => ({
        argv: [process.execPath, join(folder, 'server.mjs'), contents.get(reference) ?? ''],
        cwd: folder,
        env: {},
      }),
    },
  })
})
afterEach(async () => {
  await host.close()
  await rm(folder, { recursive: true, force: true })
})

async function rollOut(content: Readonly<Record<string, string>>, cancelled = new AbortController().signal) {
  const runtime = nodeRuntime(quiet, { cancelled }, folder)
  const ledger = pathToFileURL(join(folder, 'ledger')).href
  const base = new World().provider()
  const provider: Provider = {
    ...base,
    services: host,
    objects: fileObjects([folder]),
    images: { ...base.images, inspect: async (reference) => inspected(reference) },
    targets: async () => ({ ...(await base.targets()), ledger }),
  }
  const state = join(folder, 'state')
  const site = await openSite(runtime, {
    system,
    root: folder,
    state,
    provider: async () => provider,
    close: async () => {},
  })
  const images: Record<string, ImageReference> = {}
  for (const name of Object.keys(services)) {
    images[name] = image(name, content[name] ?? 'one')
    contents.set(images[name], content[name] ?? 'one')
  }
  const wanted = {
    images: () => images,
    commit: 'c',
    judged: [],
    built: undefined,
    keepModels: false,
    forced: undefined,
    allowOlder: true,
  }
  return carry(site, wanted, { command: 'rollout', dryRun: false, waitLock: 0 })
}

function inspected(reference: ImageReference) {
  const digest = parseImageReference(reference)?.digest
  return digest === undefined ? undefined : { digest, size: 1, platforms: [], labels: {} }
}

async function answers(name: string): Promise<string> {
  const { url } = await host.describe(name)
  return url === null ? 'no address' : (await fetch(url)).text()
}

async function revisions(name: string) {
  return (await host.describe(name)).revisions.map(({ weight, running }) => ({ weight, running }))
}

const ALONE = [{ weight: 100, running: 1 }]

test('R23 R29 on local: a release goes live, the next replaces it without one failed request, a bad one goes back', async () => {
  expect((await rollOut({})).outcome).toBe('done')
  expect([await answers('web'), await answers('api')]).toEqual(['one', 'one'])

  const seen: string[] = []
  let asking = true
  const visitor = (async () => {
    while (asking) seen.push(await answers('web').catch((error: Error) => `lost: ${error.message}`))
  })()
  const second = await rollOut({ web: 'two', api: 'two' })
  asking = false
  await visitor
  expect(second.message).toBe('release 2 is live')
  expect(new Set(seen)).toEqual(new Set(['one', 'two']))
  expect(await revisions('web')).toEqual(ALONE)

  for (const bad of ['exits', 'breaks']) {
    const third = await rollOut({ web: bad, api: 'three' })
    expect(third.outcome, third.message).toBe('rolled-back')
    expect([await answers('web'), await answers('api')]).toEqual(['two', 'two'])
    expect([await revisions('web'), await revisions('api')]).toEqual([ALONE, ALONE])
  }
})

test('R28 on local: a cancel in the middle ends the traffic on exactly one release', async () => {
  await rollOut({})
  const controller = new AbortController()
  const rolling = rollOut({ web: 'two', api: 'two' }, controller.signal)
  while ((await host.describe('web')).revisions.every(({ weight }) => weight !== 20)) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  controller.abort(new Error('SIGINT'))
  expect((await rolling).outcome).toBe('cancelled')
  expect([await answers('web'), await answers('api')]).toEqual(['one', 'one'])
  expect([await revisions('web'), await revisions('api')]).toEqual([ALONE, ALONE])
})

test('R30 on local: of two rollouts at once one wins and the other is refused', async () => {
  const ends = await Promise.allSettled([rollOut({ web: 'two' }), rollOut({ web: 'three' })])
  const outcomes = ends.map((end) =>
    end.status === 'fulfilled' ? end.value.outcome : (end.reason as { outcome: string }).outcome,
  )
  expect(outcomes.sort()).toEqual(['done', 'locked'])
  expect(await revisions('web')).toEqual(ALONE)
})
