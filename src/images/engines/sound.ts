import { type Problem, usageError } from '../../domain/error.ts'
import type { BuildOrder } from './order.ts'

/**
 * Values that go into options which the engines take apart at commas and equals signs (`--secret id=,env=`, `--output`).
 * Everything else is one argument of its own behind `--option=`, so it can be any text (promise R2).
 */
const RULES = {
  secret: { pattern: /^\w[\w.-]{0,62}$/, rule: 'an id has letters, digits, dot, dash and underscore' },
  variable: { pattern: /^[A-Za-z_]\w*$/, rule: 'a variable has letters, digits and underscores' },
  argument: { pattern: /^[A-Za-z_][\w.-]*$/, rule: 'an argument is called like a variable' },
  repository: {
    // distribution/reference, "Grammar": host[:port]/path components.
    pattern: /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)+$/i,
    rule: 'a repository is host/path in lower case',
  },
  reference: { pattern: /^[\w][\w.:/@-]*$/, rule: 'an image is called host/path:tag or host/path@digest' },
  tag: { pattern: /^\w[\w.-]{0,127}$/, rule: 'a tag has letters, digits, dot, dash and underscore' },
  platform: { pattern: /^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9.]+)?$/, rule: 'a platform is os/architecture' },
  target: { pattern: /^\w[\w.-]*$/, rule: 'a stage has letters, digits, dot, dash and underscore' },
  path: { pattern: /^(?:\/|[A-Za-z]:[\\/])/, rule: 'a path is absolute here' },
} as const
type Kind = keyof typeof RULES

/** @throws SluiceError usage with every value that an engine could read as something else. */
export function requireSound(order: BuildOrder): void {
  const { cache } = order
  const values: readonly (readonly [Kind, string])[] = [
    ...Object.entries(order.secrets).flatMap(([id, name]) => [
      ['secret', id] as const,
      ['variable', name] as const,
    ]),
    ...Object.keys(order.args).map((name) => ['argument', name] as const),
    ...order.platforms.map((platform) => ['platform', platform] as const),
    ...(order.target === undefined ? [] : [['target', order.target] as const]),
    ...(cache.kind === 'none' ? [] : [['reference', cache.reference] as const]),
    ['repository', order.repository],
    ['tag', order.tag],
    ...[order.context, order.dockerfile, order.metadata].map((path) => ['path', path] as const),
  ]
  const texts = [...Object.values(order.args), ...Object.entries(order.labels).flat(), order.context]
  const problems: Problem[] = [
    ...values
      .filter(([kind, text]) => !RULES[kind].pattern.test(text))
      .map(([kind, text]) => ({
        what: `${kind} ${JSON.stringify(text)} of image ${order.image}`,
        rule: RULES[kind].rule,
      })),
    ...texts
      .filter((text) => text.includes('\0'))
      .map((text) => ({
        what: `${JSON.stringify(text)} of image ${order.image}`,
        rule: 'arguments are text without NUL',
      })),
  ]
  const [first, ...others] = problems
  if (first !== undefined) throw usageError([first, ...others])
}
