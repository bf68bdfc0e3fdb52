import type { ImageReference } from './digest.ts'

/**
 * The boot script of a machine that runs one step is a template, as a task definition is: it stands in the launch template
 * without a digest and without the variables of any run, so that no plan changes with a build. A run starts the machine with
 * user data of its own, which this fills in.
 */

/** The line at which the variables of a run stand. */
export const RUN_MARK = '# sluice: variables of a run'

export interface BootOfRun {
  /** The image as the template has it: `repository:template`. */
  readonly template: string
  readonly image: ImageReference
  /** NAME -> value; names are those of environment variables. */
  readonly variables: Readonly<Record<string, string>>
}

/** The script with a run's image and variables; the names reach `docker run` by SLUICE_ENV. */
export function bootOfRun(script: string, { template, image, variables }: BootOfRun): string {
  const names = Object.keys(variables)
  const lines = [
    ...names.map((name) => `export ${name}=${shellWord(variables[name] ?? '')}`),
    `SLUICE_ENV=${shellWord(names.map((name) => `--env ${name}`).join(' '))}`,
  ]
  return script.replaceAll(template, image).replace(RUN_MARK, () => lines.join('\n'))
}

/** One word of bash, whatever it holds. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
