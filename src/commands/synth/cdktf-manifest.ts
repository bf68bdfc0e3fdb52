import { dirname } from 'node:path'
import * as z from 'zod'
import { usageError } from '../../domain/error.ts'
import { inOrder, isStackName } from '../../domain/stacks/stack-order.ts'
import type { Files } from '../../runtime/runtime.ts'

/** What a CDKTF app writes beside its stacks, as far as it is used here. */
const manifestSchema = z.looseObject({
  stacks: z.record(
    z.string(),
    z.looseObject({
      name: z.string(),
      /** `stacks/data/cdk.tf.json`, relative to the manifest. */
      synthesizedStackPath: z.string(),
      dependencies: z.array(z.string()).default([]),
    }),
  ),
})

export interface ManifestStack {
  readonly name: string
  readonly dependsOn: readonly string[]
  /** Relative to the manifest. */
  readonly directory: string
}

/** The stacks of manifest.json, dependencies first. @throws SluiceError usage for what no CDKTF app writes. */
export async function cdktfManifest(files: Files, path: string, shown: string): Promise<ManifestStack[]> {
  const bytes = await files.read(path)
  if (bytes === undefined) {
    throw usageError({
      what: `the command of infra wrote no ${path}`,
      rule: `it synthesizes the CDKTF app in ${shown}, as cdktf synth does`,
      remedy: 'see that it calls app.synth(), and that output of cdktf.json is where it writes',
    })
  }
  let stacks: ManifestStack[]
  try {
    const manifest = manifestSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    stacks = Object.values(manifest.stacks).map(({ name, synthesizedStackPath, dependencies }) => ({
      name,
      dependsOn: dependencies,
      directory: dirname(synthesizedStackPath),
    }))
  } catch (cause) {
    throw usageError({ what: `${path} is no manifest of a CDKTF app`, remedy: 'synthesize it anew' }, cause)
  }
  const strange = stacks.find(
    ({ name, directory }) => !isStackName(name) || directory.split('/').includes('..'),
  )
  if (strange !== undefined) {
    throw usageError({
      what: `${shown} has a stack ${JSON.stringify(strange.name)} in ${strange.directory}`,
      rule: 'a stack is a folder of its name: letters, digits, ".", "_" and "-"',
      remedy: 'give it another name',
    })
  }
  return inOrder(stacks)
}
