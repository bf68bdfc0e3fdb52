/** One broken rule, as ajv reports it with `verbose`. */
export interface RuleError {
  /** JSON pointer to the value. */
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  /** The schema that has the rule, without descriptions. */
  readonly parentSchema: Readonly<Record<string, unknown>>
  readonly data: unknown
}

/** Judges a value by schema/sluice.schema.json and fills in defaults where they are missing. */
export function validate(value: unknown): boolean
export declare namespace validate {
  let errors: readonly RuleError[] | null | undefined
}
export default validate
