import * as z from 'zod'

/** stacks.json: the stacks that `synth` wrote beside it, in the order in which they are applied. */
export const stacksFileSchema = z.looseObject({
  schema: z.literal('sluice.stacks/v1'),
  system: z.string(),
  environment: z.string(),
  stacks: z.array(
    z.looseObject({
      /** Also its folder. */
      name: z.string(),
      /** Stacks that are applied before it. */
      dependsOn: z.array(z.string()),
      /** Resources of Terraform, data sources aside. */
      resources: z.number().int(),
      /** What it holds of sluice.yml, `services.api`; a stack of the team's own does not say. */
      holds: z.array(z.string()).optional(),
    }),
  ),
})
export type StacksFile = z.infer<typeof stacksFileSchema>
