import type { Service, System } from '../system/system.ts'

/**
 * The system with its functions that run an image on AWS among its services: a release moves them all. Code from a folder is
 * published by apply, and on the other clouds functions are services already or run from the folder.
 */
export function withReleasedFunctions(system: System): System {
  if (system.environment.cloud !== 'aws') return system
  const functions = Object.values(system.functions).flatMap(
    ({ name, image, env, secrets, memory, connects }): [string, Service][] =>
      image === undefined
        ? []
        : [
            [
              name,
              {
                name,
                image,
                env,
                secrets,
                connects,
                size: { cpu: 1, memory },
                scale: { min: 1, max: 1 },
                public: false,
                sidecars: {},
                stopTimeout: 0,
              },
            ],
          ],
  )
  return functions.length === 0
    ? system
    : { ...system, services: { ...system.services, ...Object.fromEntries(functions) } }
}
