import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, imageReference } from '../../src/domain/digest.ts'
import { targetsSchema } from '../../src/domain/stacks/targets.ts'
import type { System } from '../../src/domain/system/system.ts'
import { openGcp } from '../../src/providers/gcp/index.ts'
import { fakeRuntime } from '../../src/runtime/fake/index.ts'
import { BASE, RunDoor } from '../world/cloud-world/http/run/door.ts'
import type { Programs } from '../world/cloud-world/http/run/programs.ts'
import { MemoryRegistry } from '../world/registry.ts'
import { openDeployment } from './deployment.ts'

export interface RolledOut {
  readonly system: System
  /** By service: the variables of the revision that takes all traffic. Secrets are not among them. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** By service: names of the variables that hold secrets. */
  readonly secrets: Readonly<Record<string, readonly string[]>>
}

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueSource?: object }[]
}

/** OpenTofu applies the example in the simulated Google Cloud, and a rollout brings every service to 100 %. */
export async function rollOutInCloud(example: string): Promise<RolledOut> {
  await using environment = await openDeployment(example)
  await environment.deploy()
  const { world, system } = environment
  const file = await readFile(join(environment.state, 'targets.json'), 'utf8')
  const targets = targetsSchema.parse(JSON.parse(file))
  const programs: Programs = new Map()
  const door = new RunDoor(world, programs)
  const overrides = ['RUN', 'LOGGING', 'STORAGE'].map((name) => [
    `CLOUDSDK_API_ENDPOINT_OVERRIDES_${name}`,
    BASE,
  ])
  const env = { ...Object.fromEntries(overrides), CLOUDSDK_AUTH_ACCESS_TOKEN: 'token' }
  const fake = fakeRuntime({ env, files: { '/state/targets.json': file } })
  const runtime = { ...fake, clock: world.clock, http: door.http }
  const { services } = openGcp({ runtime, system, root: '/', state: '/state' }, () => new MemoryRegistry())
  const variables: Record<string, Record<string, string>> = {}
  const secrets: Record<string, string[]> = {}
  for (const service of Object.values(system.services)) {
    const { name } = service
    const image = imageReference(targets.registries[service.image] ?? '', digestOf(name))
    programs.set(image, {})
    const revision = await services.stage({ service, image, models: [], release: digestOf('one') })
    await world.clock.sleep(60_000)
    for (const step of system.rollout.steps) await services.shift(name, revision, step)
    await services.settle(name, revision)
    const target = targets.services[name]
    if (target?.kind !== 'cloud-run-service') throw new Error(`${name} does not run on Cloud Run`)
    const url = `${BASE}/v2/projects/${target.project}/locations/${target.location}/services/${target.service}`
    const answer = await door.http.request({
      method: 'GET',
      url,
      timeout: 1000,
      headers: { authorization: 'Bearer token' },
    })
    const text = await answer.text()
    const { template } = JSON.parse(text) as { template?: { containers?: readonly Container[] } }
    const pairs = template?.containers?.[0]?.env ?? []
    if (pairs.length === 0) throw new Error(`${url} answered ${answer.status} ${text}`)
    variables[name] = Object.fromEntries(
      pairs.flatMap(({ name: key, value }) => (value === undefined ? [] : [[key, value]])),
    )
    secrets[name] = pairs.filter(({ valueSource }) => valueSource !== undefined).map((pair) => pair.name)
  }
  return { system, variables, secrets }
}
