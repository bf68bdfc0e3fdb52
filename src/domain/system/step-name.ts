import type { System } from './system.ts'

/** A step by its pipeline; `arrest.train` in words. */
export interface StepName {
  readonly pipeline: string
  readonly step: string
}

/** All steps as they are asked for: `arrest.train`. */
export function stepNames({ pipelines }: Pick<System, 'pipelines'>): readonly string[] {
  return Object.values(pipelines).flatMap(({ name, steps }) =>
    Object.keys(steps).map((step) => `${name}.${step}`),
  )
}

/** The step of this name; undefined where it is none. */
export function stepNamed({ pipelines }: Pick<System, 'pipelines'>, asked: string): StepName | undefined {
  for (const { name, steps } of Object.values(pipelines)) {
    const step = asked.startsWith(`${name}.`) ? asked.slice(name.length + 1) : ''
    if (Object.hasOwn(steps, step)) return { pipeline: name, step }
  }
  return undefined
}
