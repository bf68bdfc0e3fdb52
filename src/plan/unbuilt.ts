import type { PlanChange } from '../domain/plans/plan.ts'

/** A function that a plan makes of an image that is not there. */
export interface Unbuilt {
  readonly address: string
  /** `222222222222.dkr.ecr.us-east-1.amazonaws.com/films/api:template` */
  readonly image: string
}

/** Where `synth` knows no digest of an image, it writes this tag, which no image has. */
const NONE = ':template'

/**
 * Lambda makes a function of an image that exists
 * (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, `InvalidParameterValueException`); what a later change of the
 * reference says is ignored, since rollouts move it.
 *
 * @param configuration cdk.tf.json of a stack, parsed.
 */
export function unbuiltFunctions(
  configuration: unknown,
  changes: readonly Pick<PlanChange, 'address' | 'action'>[],
): readonly Unbuilt[] {
  const functions = at(at(configuration, 'resource'), 'aws_lambda_function')
  return changes.flatMap(({ address, action }) => {
    const [type, name = ''] = address.split('.')
    if (type !== 'aws_lambda_function' || (action !== 'create' && action !== 'replace')) return []
    const image = at(at(functions, name), 'image_uri')
    return typeof image === 'string' && image.endsWith(NONE) ? [{ address, image }] : []
  })
}

const at = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
