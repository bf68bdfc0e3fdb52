import { usageError } from '../domain/error.ts'
import { previewName } from '../domain/system/preview.ts'
import type { Environment } from '../domain/system/system.ts'

/**
 * What previews are made like is not one of them.
 *
 * @throws SluiceError usage
 */
export function refusePattern({ name, previews }: Environment): void {
  if (previews === undefined) return
  throw usageError({
    what: `environment ${name} is what previews are made like`,
    rule: 'it is bootstrapped and reaped; what is deployed is an environment for one pull request',
    remedy: `name one, such as --env ${previewName({ of: name, number: 123 })} for pull request 123`,
  })
}
