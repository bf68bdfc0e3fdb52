/** The story of a system whose model is gated: a first release, a worse model refused, a better one rolled out. */
import { styleText } from 'node:util'
import type { Stage } from './stage.ts'

/** examples/<system>/demo.json: what is worth showing of a system. */
export interface ModelStory {
  /** That makes the model; needed where there are several. */
  readonly pipeline?: string
  readonly first: Attempt
  readonly worse: Attempt
  readonly better: Attempt
  readonly health: { readonly service: string; readonly path: string }
  readonly ask: { readonly service: string; readonly path: string; readonly body: unknown }
}

/** One training run. */
interface Attempt {
  readonly why: string
  readonly parameters: Readonly<Record<string, string>>
}

const REFUSED = 3

export async function tellModelStory(story: ModelStory, stage: Stage): Promise<void> {
  const { say, urls } = stage
  const health = async () => JSON.stringify((await stage.ask(story.health.service, story.health)).json())

  stage.part(`${stage.system} starts on this machine: its database, buckets and model registry`)
  await stage.must(['up', '--detach', '--json'], { quiet: true })
  for (const [service, url] of urls) say(`${service.padEnd(12)} ${url}`)

  stage.part(`A first release, of ${story.first.why}: build, train, evaluate, rollout`)
  await stage.must(['release', ...parameters(story.first)])

  stage.part('The service answers with the model that was let through')
  const served = await health()
  say(`GET ${story.health.path} -> ${served}`)
  say(`POST ${story.ask.path} ${JSON.stringify(story.ask.body)}`)
  say(`  -> ${JSON.stringify((await stage.ask(story.ask.service, story.ask)).json())}`)

  stage.part(`Somebody trains a worse model: ${story.worse.why}`)
  const pipeline = story.pipeline === undefined ? [] : ['--pipeline', story.pipeline]
  await stage.must(['train', ...pipeline, ...parameters(story.worse)])

  stage.part('The gate compares it with the champion on the same rows')
  const { code } = await stage.sluice(['evaluate'])
  if (code !== REFUSED)
    throw new Error(`evaluate ended with ${code}; the gate should have refused (${REFUSED})`)
  say(styleText('green', 'Refused, as it should be (exit code 3).'))
  const rollout = await stage.sluice(['rollout'], { quiet: true })
  if (rollout.code !== REFUSED)
    throw new Error(`rollout ended with ${rollout.code}; it should have refused as well`)
  say('A rollout of it is refused as well. What is served:')
  const now = await health()
  say(`GET ${story.health.path} -> ${now}`)
  if (now !== served) throw new Error('the served model changed')
  say(styleText('green', 'The same model as before.'))

  stage.part(`A better model: ${story.better.why}. It takes over step by step`)
  await stage.must(['release', ...parameters(story.better)])
  const better = await health()
  say(`GET ${story.health.path} -> ${better}`)
  if (better === served) throw new Error('the better model is not served')

  stage.part('Status and addresses')
  await stage.must(['operate', 'status'])
  for (const [service, url] of urls) say(`${service.padEnd(12)} ${url}`)
}

function parameters({ parameters }: Attempt): string[] {
  return Object.entries(parameters).flatMap(([key, value]) => ['--param', `${key}=${value}`])
}
