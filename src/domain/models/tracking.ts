import type { System } from '../system/system.ts'

/** The variable by which clients of MLflow find their server: https://mlflow.org/docs/latest/ml/tracking/#environment-variables */
export const TRACKING_VARIABLE = 'MLFLOW_TRACKING_URI'

/**
 * The registry of models, a service's name or a URL, that a service or a pipeline works with: the one of its own models,
 * else the one that all models share. Undefined where there is none, where several are left, and for the registry itself.
 */
export function trackingOf(system: System, consumer: string): string | undefined {
  const models = Object.values(system.models)
  const own = models.filter(
    ({ name, evaluation, artifact }) =>
      system.services[consumer]?.model === name ||
      evaluation.pipeline === consumer ||
      artifact.pipeline === consumer,
  )
  const [first, ...others] = new Set((own.length > 0 ? own : models).map(({ registry }) => registry))
  return others.length > 0 || first === consumer ? undefined : first
}
