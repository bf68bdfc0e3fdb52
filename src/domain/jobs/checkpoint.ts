import * as z from 'zod'

/** What is kept of a step on spot capacity (cdktf/aws/step-agent.ts): the data first, this manifest last and once (promise R35). */
export const checkpointSchema = z.object({
  schema: z.literal('sluice.checkpoint/v1'),
  name: z.string().min(1),
  /** Below the job's place, with a trailing `/`. */
  data: z.string().min(1),
  files: z
    .array(
      z.object({
        path: z.string().min(1),
        size: z.number().int().nonnegative(),
        digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
      }),
    )
    .min(1),
})
export type Checkpoint = z.infer<typeof checkpointSchema>

/** Is all of it there? Sizes by path below the job's place; a digest is checked by the machine that reads the bytes. */
export function isComplete({ data, files }: Checkpoint, sizes: ReadonlyMap<string, number>): boolean {
  return files.every(({ path, size }) => sizes.get(`${data}${path}`) === size)
}

/** 12 of `manifests/000012.json`; undefined for anything else. */
export function manifestNumber(path: string): number | undefined {
  const digits = /^manifests\/(\d{6})\.json$/.exec(path)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
