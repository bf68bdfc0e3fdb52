import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '../../../src/domain/stacks/synthesizer.ts'
import { targetsOf } from '../targets.ts'

export const root = join(import.meta.dirname, '../../..')
export const example = (name: string): string =>
  readFileSync(join(root, 'examples', name, 'sluice.yml'), 'utf8')
export const VIDEO = example('video-processing')
export const EXAMPLE = readFileSync(join(root, 'sluice.example.yml'), 'utf8')

/** A system with one of each kind. */
export const SHOP = `system: films
environments:
  test: { cloud: gcp, region: europe-west4, project: films-prod, zone: films.example, cidr: 10.20.0.0/16, tags: { cost-center: films } }
images: { app: { context: app } }
services:
  api: { image: app, port: 8000, health: /health, domain: api.films.example, connects: [db, raw, sessions, jobs, uploaded], secrets: { TOKEN: films/token } }
  jobs: { image: app, port: 8001, connects: [db] }
  queue: { image: app, command: [node, queue.ts], size: { cpu: 1 }, scale: { min: 2 }, connects: [raw] }
databases: { db: {} }
buckets: { raw: {} }
caches: { sessions: {} }
topics: { uploaded: { subscriber: jobs, path: /messages } }
workers: { detector: { image: app, connects: [raw] } }
pipelines:
  model:
    steps:
      extract: { image: app, outputs: { films: raw/films/ }, connects: [db] }
      train: { image: app, needs: [extract], gpu: 1, spot: true, inputs: { films: raw/films/ }, outputs: { model: raw/model/ }, secrets: { HUB: films/hub } }
`

export interface Template {
  readonly serviceAccount: string
  readonly containers: readonly {
    readonly image: string
    readonly command?: readonly string[]
    readonly env: readonly { readonly name: string; readonly value?: string; readonly valueSource?: object }[]
  }[]
  readonly vpcAccess?: { readonly networkInterfaces: readonly { readonly tags: readonly string[] }[] }
}
export const templateOf = (all: readonly Stack[], service: string): Template =>
  (targetsOf(all).services[service] as unknown as { template: Template }).template
export const variables = ({ containers: [first] }: Template): Record<string, unknown> =>
  Object.fromEntries((first?.env ?? []).map(({ name, value, valueSource }) => [name, value ?? valueSource]))
