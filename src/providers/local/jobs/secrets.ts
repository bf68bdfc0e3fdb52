import { usageError } from '../../../domain/error.ts'
import type { Named } from '../../../domain/named.ts'
import { Secret } from '../../../domain/secret.ts'
import type { Runtime } from '../../../runtime/runtime.ts'

/**
 * The values of a step's secrets: from secrets.json of the cloud (`{ "<name>": "<value>" }`), else from the caller's
 * environment variable of the same name as the one that the step is given. Values are masked before anything can show them.
 *
 * @throws SluiceError usage that names every secret without a value, and both ways to give one.
 */
export async function resolveSecrets(
  runtime: Pick<Runtime, 'files' | 'env' | 'log'>,
  file: string,
  wanted: Named<string>,
): Promise<Readonly<Record<string, Secret>>> {
  const entries = Object.entries(wanted)
  if (entries.length === 0) return {}
  const stored = await readSecrets(runtime, file)
  const found = entries.map(([variable, name]) => ({
    variable,
    name,
    value: stored[name] ?? runtime.env[variable],
  }))
  const missing = found.filter(({ value }) => value === undefined)
  const [first, ...others] = missing.map(({ variable, name }) => ({
    what: `secret ${name} (${variable}) has no value`,
    remedy: `write { "${name}": "..." } into ${file} (mode 0600), or set the environment variable ${variable}`,
  }))
  if (first !== undefined) throw usageError([first, ...others])
  return Object.fromEntries(
    found.map(({ variable, value = '' }) => {
      runtime.log.emit({ kind: 'mask', value })
      return [variable, new Secret(value)]
    }),
  )
}

async function readSecrets(runtime: Pick<Runtime, 'files'>, file: string): Promise<Record<string, string>> {
  const bytes = await runtime.files.read(file)
  if (bytes === undefined) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (typeof value !== 'object' || value === null) throw new Error('it is no object')
    const texts = Object.entries(value).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    return Object.fromEntries(texts)
  } catch (cause) {
    // The parser's message could quote a value, so it is not passed on.
    throw usageError(
      {
        what: `${file} is not readable as JSON`,
        rule: 'it holds an object of texts: { "<secret>": "<value>" }',
      },
      cause instanceof SyntaxError ? undefined : cause,
    )
  }
}
