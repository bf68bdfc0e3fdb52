import type { StacksFile } from '../../domain/stacks/stacks.ts'
import type { Move } from '../../domain/stacks/synthesizer.ts'
import type { Rename } from '../../domain/system/rename.ts'

export function stacksTable(environment: string, file: StacksFile): string {
  const rows = file.stacks.map(
    ({ name, resources, dependsOn }) => `| ${name} | ${resources} | ${dependsOn.join(', ') || '-'} |`,
  )
  return [
    `### Stacks of ${environment}`,
    '',
    '| stack | resources | after |',
    '| --- | --: | --- |',
    ...rows,
    '',
  ].join('\n')
}

/** What moves, and, of that, what the cloud makes again because it knows it by its name. */
export function movesTable(moved: readonly Move[]): string[] {
  if (moved.length === 0) return []
  const replaced = moved.filter((move) => move.replaced !== undefined)
  return [
    `${moved.length} resources move to new addresses, because their names in sluice.yml changed.`,
    ...replaced.map(
      (move) =>
        `- **\`${move.replaced}\` is replaced** (\`${move.to}\`): a cloud knows it by its name, and what it holds does not come along`,
    ),
    '',
  ]
}

/** `services.api is gone and services.web has come: ...` */
export function proposalText({ kind, from, to }: Rename): string {
  return (
    `${kind}.${from} is gone and ${kind}.${to} has come, made of the same resources. If it is the same one under another name, ` +
    `write "renamed: { ${kind}.${from}: ${kind}.${to} }": its resources move in place of being destroyed and made again.`
  )
}
