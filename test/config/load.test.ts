import { describe, expect, test } from 'vitest'
import { loadSystem } from '../../src/config/load.ts'
import { DEFAULT_STEPS } from '../../src/config/resolve-rollout.ts'
import { gatePolicySchema } from '../../src/domain/models/policy.ts'
import { MemoryFiles } from '../../src/runtime/fake/files.ts'

const load = (text: string, environment = 'local') =>
  loadSystem(new MemoryFiles({ '/project/sluice.yml': text }), '/project/sluice.yml', environment, '/project')

const HEAD = 'system: s\nenvironments: { local: { cloud: local } }\n'
const PRIMARY = '{ metric: f1, direction: higher, rule: superior }'

describe('a file becomes a System', () => {
  test('with units as numbers and every default filled in', async () => {
    const { system } = await load(`${HEAD}
images: { app: { context: ./apps/app/ } }
services: { api: { image: app, port: 8000, health: /health, connects: [film-db] } }
databases: { film-db: {} }
buckets: { scratch: { expire: 60d } }
`)
    expect(system).toEqual({
      name: 's',
      environment: { name: 'local', cloud: 'local', nat: 'none', tags: {} },
      images: {
        app: {
          kind: 'build',
          name: 'app',
          context: 'apps/app',
          dockerfile: 'Dockerfile',
          args: {},
          secrets: {},
          ssh: false,
          platforms: ['linux/amd64'],
        },
      },
      services: {
        api: {
          name: 'api',
          image: 'app',
          env: {},
          secrets: {},
          port: 8000,
          health: '/health',
          size: { cpu: 0.5, memory: 2 ** 30 },
          scale: { min: 1, max: 1 },
          public: false,
          connects: ['film-db'],
          sidecars: {},
          stopTimeout: 30_000,
        },
      },
      databases: {
        'film-db': {
          name: 'film-db',
          engine: 'postgres',
          version: '16',
          storage: 20 * 2 ** 30,
          names: ['film_db'],
          highAvailability: false,
          backupDays: 7,
          protect: true,
        },
      },
      buckets: { scratch: { name: 'scratch', versioned: false, expire: 5_184_000_000, protect: true } },
      functions: {},
      apis: {},
      workers: {},
      tables: {},
      topics: {},
      caches: {},
      pipelines: {},
      models: {},
      components: {},
      rollout: {
        strategy: 'canary',
        steps: [10, 50, 100],
        bake: 300_000,
        checks: [],
        startTimeout: 300_000,
        timeout: 3_600_000,
        allowZero: false,
      },
    })
  })

  test('where a key is absent it is absent, not undefined', async () => {
    const { system } = await load(
      `${HEAD}images: { a: { mirror: "b:1", local: { run: [x] } } }\nservices: { x: { image: a } }\n`,
    )
    expect(Object.keys(system.services['x'] ?? {})).not.toContain('port')
    expect(Object.keys(system)).not.toContain('infra')
  })

  test('a service with a domain is public, and copies at most are at least copies at least', async () => {
    const { system } = await load(
      `${HEAD}images: { a: { context: a } }\nservices: { x: { image: a, port: 80, domain: a.example, scale: { min: 2 } } }\n`,
    )
    expect(system.services['x']).toMatchObject({ public: true, scale: { min: 2, max: 2 } })
  })

  test.each(['rolling', 'canary', 'linear', 'blue-green'] as const)(
    'the strategy %s has steps of its own',
    async (strategy) => {
      const { system } = await load(`${HEAD}rollout: { strategy: ${strategy} }\n`)
      expect(system.rollout.steps).toEqual(DEFAULT_STEPS[strategy])
      expect(system.rollout.steps.at(-1)).toBe(100)
    },
  )

  test('checks say their kind, with defaults', async () => {
    const { system } =
      await load(`${HEAD}images: { a: { context: a } }\nservices: { x: { image: a, port: 80 } }
rollout: { checks: [{ http: /h, p95: 300ms }, { alarm: api 5xx }, { error-rate: {} }, { latency: { p95: 400ms } }] }\n`)
    expect(system.rollout.checks).toEqual([
      { kind: 'http', path: '/h', status: 200, p95: 300, requests: 20 },
      { kind: 'alarm', alarm: 'api 5xx' },
      { kind: 'error-rate', margin: 0.01, minRequests: 100, alpha: 0.05 },
      { kind: 'latency', p95: 400, minRequests: 100 },
    ])
  })

  test('a gate has the defaults that its own schema has', async () => {
    const { system } = await load(`${HEAD}images: { a: { context: a } }
buckets: { data: {} }
pipelines: { m: { steps: { t: { image: a, outputs: { model: data/m.bin } }, e: { image: a, needs: [t], outputs: { evaluation: data/e/ } } } } }
models: { m: { registry: "http://127.0.0.1:5000", evaluation: e, gate: { primary: ${PRIMARY} } } }\n`)
    expect(system.models['m']).toEqual({
      name: 'm',
      registry: 'http://127.0.0.1:5000',
      evaluation: { pipeline: 'm', step: 'e' },
      artifact: { pipeline: 'm', step: 't', output: 'model' },
      gate: gatePolicySchema.parse({ primary: { metric: 'f1', direction: 'higher', rule: 'superior' } }),
    })
  })

  test('a step of the pipeline that has the name of the model comes first; others are named whole', async () => {
    const pipelines = (model: string) => `${HEAD}images: { a: { context: a } }
buckets: { data: {} }
pipelines:
  m: { steps: { e: { image: a, outputs: { model: data/1, evaluation: data/2/ } } } }
  n.x: { steps: { e: { image: a, outputs: { model: data/3, evaluation: data/4/ } } } }
models: { m: { registry: "http://127.0.0.1", ${model}, gate: { primary: ${PRIMARY} } } }\n`
    const own = await load(pipelines('evaluation: e'))
    expect(own.system.models['m']?.artifact).toEqual({ pipeline: 'm', step: 'e', output: 'model' })
    const other = await load(pipelines('evaluation: n.x.e, artifact: n.x.e.model'))
    expect(other.system.models['m']).toMatchObject({
      evaluation: { pipeline: 'n.x', step: 'e' },
      artifact: { pipeline: 'n.x', output: 'model' },
    })
  })

  test('places of steps are objects, prefixes and files', async () => {
    const { system } = await load(`${HEAD}images: { a: { context: a } }
buckets: { data: {} }
pipelines: { p: { steps: { s: { image: a, inputs: { a: data/x.csv, b: data/x/, c: data/, d: ./x/y.csv } } } } }\n`)
    expect(system.pipelines['p']?.steps['s']?.inputs).toEqual({
      a: { kind: 'bucket', bucket: 'data', path: 'x.csv' },
      b: { kind: 'bucket', bucket: 'data', path: 'x/' },
      c: { kind: 'bucket', bucket: 'data', path: '' },
      d: { kind: 'file', path: 'x/y.csv' },
    })
  })
})

describe('environments', () => {
  const text = `system: s
environments:
  local: { cloud: local, set: { images.m.local.run: [x], functions.f: null, rollout.bake: 1s, "services.a.b.port": 81 } }
  production:
    cloud: aws
    region: us-east-1
    account: "222222222222"
    set: { services.a.b.scale.max: 6, services.a.b.scale.min: 2 }
images: { m: { mirror: "x:1" } }
services: { a.b: { image: m, port: 80, scale: { min: 1 } } }
functions: { f: { image: m } }
`
  test('differ by what set says, and a part that set wrote is placed there', async () => {
    const production = await load(text, 'production')
    expect(production.system.services['a.b']?.scale).toEqual({ min: 2, max: 6 })
    expect(production.document.at(['services', 'a.b', 'scale', 'max'])).toBe('sluice.yml:8:36')
    expect(production.document.at(['services', 'a.b', 'port'])).toBe('sluice.yml:10:36')
    const local = await load(text, 'local')
    expect([local.system.rollout.bake, local.system.services['a.b']?.port]).toEqual([1000, 81])
  })

  test('null takes a resource out', async () => {
    expect((await load(text, 'local')).system.functions).toEqual({})
    expect(Object.keys((await load(text, 'production')).system.functions)).toEqual(['f'])
  })

  test('an unknown one names those that are known', async () => {
    await expect(load(text, 'prodution')).rejects.toThrow(
      'sluice.yml has no environment "prodution", did you mean production? (known environments: local, production)',
    )
  })

  test('what its cloud cannot run is refused by name and place, and only there', async () => {
    const carried = text.replace('functions.f: null, ', '').replace('images.m.local.run: [x], ', '')
    await expect(load(carried, 'production')).resolves.toBeDefined()
    await expect(load(carried, 'local')).rejects.toThrow(
      /^sluice\.yml:9:11: images\.m: cloud local cannot run a mirrored image without local\.run \(environment local\)\nsluice\.yml:11:14: functions\.f: cloud local runs a function from its source, not from an image \(environment local\)$/,
    )
  })

  test('cloud local refuses a worker from an image, and runs one from its script', async () => {
    const file = (worker: string): string =>
      `${HEAD}images: { a: { context: a } }\nworkers: { f: { ${worker} } }\n`
    await expect(load(file('image: a'))).rejects.toThrow(
      'workers.f: cloud local runs a worker from its script, not from an image',
    )
    await expect(load(file('script: boot.sh'))).resolves.toBeDefined()
  })

  test('cloud local runs functions of Node and Python from their source, and refuses others by name', async () => {
    const file = (f: string): string => `${HEAD}functions: { f: { ${f}handler: index.handler } }\n`
    for (const runtime of ['runtime: nodejs22.x, ', 'runtime: python3.12, ']) {
      await expect(load(file(`source: f, ${runtime}`))).resolves.toBeDefined()
    }
    await expect(load(file('source: f, runtime: java21, '))).rejects.toThrow(
      'functions.f: cloud local runs functions of nodejs and python, not of java21',
    )
  })
})
