/** MLflow's error codes with their HTTP status (mlflow.exceptions.ERROR_CODE_TO_HTTP_STATUS). */
const STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  INTERNAL_ERROR: 500,
} as const
export type MlflowCode = keyof typeof STATUS

export class MlflowProblem extends Error {
  readonly code: MlflowCode

  constructor(code: MlflowCode, message: string) {
    super(message)
    this.name = 'MlflowProblem'
    this.code = code
  }

  get status(): number {
    return STATUS[this.code]
  }
}

export function missing(what: string): MlflowProblem {
  return new MlflowProblem('RESOURCE_DOES_NOT_EXIST', `${what} not found`)
}

export function invalid(message: string): MlflowProblem {
  return new MlflowProblem('INVALID_PARAMETER_VALUE', message)
}
