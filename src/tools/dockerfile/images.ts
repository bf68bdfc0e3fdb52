import type { StageResult } from './evaluate.ts'

/**
 * The images of registries that the target starts from or copies from, as the Dockerfile names them, variables put in;
 * sorted, each once. `scratch` is none.
 */
export function imagesOf(stages: readonly StageResult[]): readonly string[] {
  const target = stages.at(-1)
  const needed = stages.filter(({ index }) => target?.needs.includes(index))
  const found = needed.flatMap(({ base, transfers }) => [
    base,
    ...transfers.flatMap(({ origin }) => (origin.kind === 'image' ? [origin.reference] : [])),
  ])
  return [...new Set(found)].filter((name) => name !== 'scratch').sort()
}
