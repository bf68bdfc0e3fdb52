import * as z from 'zod'

/** A page of a repository's runs, in a file of its own: a package that is imported by `import()` comes into a bundle whole. */
export const RunsPage = z.looseObject({
  workflow_runs: z.array(
    z.looseObject({
      id: z.number().int(),
      html_url: z.string(),
      status: z.string().nullish(),
      updated_at: z.string(),
    }),
  ),
})
