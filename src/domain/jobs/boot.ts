import type { ImageReference } from '../digest.ts'

/**
 * The boot script of a machine that runs one step is a template, as a task definition is: it stands in the launch template
 * without a digest and without the variables of any run, so that no plan changes with a build. A run starts the machine with
 * user data of its own, which this fills in.
 */

/** The line at which the variables of a run stand. */
export const RUN_MARK = '# sluice: variables of a run'

/** Milliseconds that a machine may be, if that is less than its killer allows all; its killer reads it (promise R32). */
export const LIFETIME_TAG = 'sluice:lifetime'

export interface BootOfRun {
  /** The image as the template has it: `repository:template`. */
  readonly template: string
  readonly image: ImageReference
  /** NAME -> value; names are those of environment variables. */
  readonly variables: Readonly<Record<string, string>>
  /** Milliseconds after which the machine of this run switches itself off; absent: those of the template alone. */
  readonly lifetime?: number
}

/** The script with a run's image and variables; the names reach `docker run` by SLUICE_ENV. */
export function bootOfRun(script: string, { template, image, variables, lifetime }: BootOfRun): string {
  const names = Object.keys(variables)
  const lines = [
    ...names.map((name) => `export ${name}=${shellWord(variables[name] ?? '')}`),
    `SLUICE_ENV=${shellWord(names.map((name) => `--env ${name}`).join(' '))}`,
  ]
  const filled = script.replaceAll(template, image).replace(RUN_MARK, () => lines.join('\n'))
  return lifetime === undefined ? filled : filled.replace('\n', () => `\n${deadMan('run', lifetime)}\n`)
}

/** The first command of a machine: it switches itself off after so many milliseconds, whatever else becomes of it. */
export function deadMan(unit: 'deadline' | 'run', lifetime: number): string {
  const seconds = Math.max(60, Math.round(lifetime / 1000))
  return `systemd-run --unit=sluice-${unit} --on-active=${seconds} systemctl poweroff --force`
}

/** One word of bash, whatever it holds. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
