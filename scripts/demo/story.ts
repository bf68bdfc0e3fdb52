/** Which story the demo of an example tells. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ModelStory, tellModelStory } from './model-story.ts'
import type { Stage } from './stage.ts'

export type Story = (stage: Stage) => Promise<void>

/** `demo.ts` of the example exports `tell`; `demo.json` gives the numbers of the story that all gated models share. */
export async function storyOf(folder: string): Promise<Story | undefined> {
  const program = join(folder, 'demo.ts')
  if (existsSync(program)) return ((await import(program)) as { tell: Story }).tell
  const numbers = join(folder, 'demo.json')
  if (!existsSync(numbers)) return undefined
  const story = JSON.parse(readFileSync(numbers, 'utf8')) as ModelStory
  return (stage) => tellModelStory(story, stage)
}
