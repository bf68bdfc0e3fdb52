import * as z from 'zod'
import { NAME_RULE } from '../../domain/name.ts'
import { DURATION_PATTERN, PERCENT_PATTERN, SIZE_PATTERN } from '../../domain/quantity.ts'

/**
 * The kinds of text in sluice.yml. `title` and `examples` reach editors through the JSON Schema and people through the
 * messages of src/config/shape.ts: "expected a duration such as 30s or 5m".
 *
 * Only patterns, no refinements: what is said here must be said by the JSON Schema too (promise R47). Rules that a
 * pattern cannot say are in src/config/check/.
 */
const text = (pattern: string, title: string, ...examples: string[]) =>
  z
    .string()
    .regex(new RegExp(pattern))
    .meta(examples.length > 0 ? { title, examples } : { title })

/** The pattern form of isName in src/domain/name.ts. */
export const name = text(
  '^(?!.*\\.\\.)[a-z0-9][a-z0-9._-]{0,62}$',
  `a name of ${NAME_RULE},`,
  'api',
  'query-api',
)
export const duration = text(DURATION_PATTERN, 'a duration', '30s', '5m', '2h')
export const size = text(SIZE_PATTERN, 'a size', '512MiB', '20GiB')
export const percent = text(PERCENT_PATTERN, 'a whole percentage', '10%', '100%')
export const variable = text('^[A-Za-z_][A-Za-z0-9_]*$', 'the name of an environment variable', 'LOG_LEVEL')
export const secretName = text(
  '^[A-Za-z0-9/_+=.@-]{1,512}$',
  'the name of a secret in the secret store',
  'filmlens/tmdb',
)
/** Forward slashes, no control characters; whether it stays inside the folder is checked in check/paths.ts. */
export const path = text('^[^\\u0000-\\u001f\\\\]+$', 'a path with forward slashes', 'apps/api')
export const httpPath = text('^/[!-~]*$', 'an HTTP path', '/health')
export const domain = text(
  '^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$',
  'a DNS name in lower case',
  'api.filmlens.example',
)
export const imageSource = text(
  '^[a-z0-9][a-z0-9._-]*(:[0-9]{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$',
  'an image reference',
  'ghcr.io/mlflow/mlflow:v3.4.0',
)
export const platform = text(
  '^[a-z0-9]+/[a-z0-9_]+(/v[0-9]+)?$',
  'an OCI platform',
  'linux/amd64',
  'linux/arm64',
)
/** `bucket/key`, `bucket/prefix/` or `./file`. */
export const location = text(
  '^(\\./|[a-z0-9][a-z0-9._-]*/)[^\\u0000-\\u001f\\\\]*$',
  'a place in a bucket, or ./file',
  'data/train.csv',
  'models/sentiment/',
)
export const reference = text(
  '^[a-z0-9][a-z0-9._-]*$',
  'a step, as step or pipeline.step',
  'score',
  'sentiment.score',
)
/** Whether the kind has names to change is checked in check/renamed.ts. */
export const resource = text(
  '^[a-z]+\\.[a-z0-9][a-z0-9._-]{0,62}$',
  'a resource, as kind.name',
  'services.api',
)
export const line = text('^[^\\u0000-\\u001f]+$', 'text on one line')
/** What can be an argument or the value of a variable: anything but NUL. */
export const value = text('^[^\\u0000]*$', 'text')

export const port = z.int().min(1).max(65535)
export const command = z.array(value).min(1)
export const env = z.record(variable, value)
export const secrets = z.record(variable, secretName)
export const connects = z.array(name)
