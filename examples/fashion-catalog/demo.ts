/** What `npm run demo -- fashion-catalog` shows: a catalog is drawn, then the story that all gated models share, then three ways to find. */
import { type ModelStory, tellModelStory } from '../../scripts/demo/model-story.ts'
import type { Stage } from '../../scripts/demo/stage.ts'

const story: ModelStory = {
  pipeline: 'search-model',
  first: { why: 'a model that saw the catalog three times', parameters: { epochs: '3' } },
  worse: { why: 'one that saw it once', parameters: { epochs: '1' } },
  better: { why: '24 times over the catalog', parameters: { epochs: '24' } },
  health: { service: 'search', path: '/health' },
  ask: {
    service: 'graphql-api',
    path: '/graphql',
    body: {
      query:
        '{ searchByText(text: "red watch for women", limit: 3) { score file { productDisplayName s3Path } } }',
    },
  },
}

export async function tell(stage: Stage): Promise<void> {
  stage.part('A catalog is drawn, loaded into bucket and table, cleaned and split')
  await stage.must(['build'])
  await stage.must(['up', '--detach', '--json'], { quiet: true })
  await stage.must(['train', '--pipeline', 'catalog'])
  await stage.must(['train', '--pipeline', 'prepare'])
  await tellModelStory(story, stage)
  await find(stage)
}

async function find(stage: Stage): Promise<void> {
  stage.part('Found by what is written about it, and by its picture')
  const filters = 'masterCategory: "Footwear", baseColour: "Blue", limit: 3'
  const query = `{ filesByFilters(${filters}) { id productDisplayName year } }`
  stage.say(query)
  stage.say(
    `  -> ${JSON.stringify((await stage.ask('graphql-api', { path: '/graphql', body: { query } })).json())}`,
  )
  const text = '/search?text=yellow%20dress&limit=3'
  const { found } = (await stage.ask('rest-api', { path: text })).json() as { found: unknown[] }
  stage.say(`GET ${text}`)
  for (const one of found) stage.say(`  -> ${JSON.stringify(one)}`)
}
