const LONGEST_NAME = 256
const LONGEST_ALIAS = 255

/** What MLflow says about a registered model's name (mlflow.utils.validation); undefined where it allows it. */
export function modelNameProblem(name: string): string | undefined {
  if (name.trim() === '') return "Missing value for required parameter 'name'."
  if (/[/:]/.test(name)) return `Invalid model name '${name}'. Names cannot contain '/' or ':'.`
  if (name === '.' || name === '..') return `Invalid value '${name}' for parameter 'name' supplied.`
  if (name.length > LONGEST_NAME) return `Registered model name is longer than ${LONGEST_NAME} characters.`
  return name.isWellFormed() ? undefined : 'Registered model name is not Unicode text.'
}

export function aliasProblem(alias: string): string | undefined {
  if (alias === '') return 'Registered model alias name cannot be empty.'
  if (!/^[\p{L}\p{N}_-]+$/u.test(alias)) return `Invalid alias name: '${alias}'.`
  if (alias.length > LONGEST_ALIAS)
    return `Registered model alias name is longer than ${LONGEST_ALIAS} characters.`
  if (alias.toLowerCase() === 'latest') return "'latest' alias name (case insensitive) is reserved."
  if (/^v\d+$/i.test(alias)) return `Version alias name '${alias}' is reserved.`
  return undefined
}
