import { readFileSync } from 'node:fs'
import type { Plugin } from 'esbuild'

/** Clients of AWS whose protocols tell an error's name beside its message: JSON 1.1 and REST JSON. */
const NAMED_ERRORS = new RegExp(
  `[\\\\/]client-(${[
    'application-auto-scaling',
    'batch',
    'cloudwatch-logs',
    'ecr',
    'ecs',
    'lambda',
    'sagemaker',
    'scheduler',
    'ssm',
  ].join('|')})[\\\\/]`,
)

/** Leaves out of the clients of AWS what is there for calls that are not made. */
export const slimAws: Plugin = {
  name: 'slim-aws',
  setup(esbuild) {
    // It tells which Node later versions of the SDK will need; a bundle has the version that it was made with.
    esbuild.onLoad({ filter: /[\\/]@aws-sdk[\\/].*[\\/]emitWarningIfUnsupportedVersion\.js$/ }, () => ({
      contents: 'export const state = {}; export const emitWarningIfUnsupportedVersion = () => {}',
      loader: 'js',
    }))
    esbuild.onLoad({ filter: /[\\/]@aws-sdk[\\/].*[\\/]dist-es[\\/].*schemas_0\.js$/ }, ({ path }) => {
      const source = withPlainKeys(readFileSync(path, 'utf8'))
      const contents = NAMED_ERRORS.test(path) ? withoutErrorClasses(source) : source
      return { contents, loader: 'js' }
    })
  },
}

/**
 * The same schemas with keys in place of the constants that hold them. A bundler has to keep `{ [_e]: ... }` and whatever it names,
 * since a key that is computed may have effects: with it each client holds the schemas of every call that its service has, with
 * this those of the calls that are made.
 */
function withPlainKeys(source: string): string {
  const constants = new Map(
    [...source.matchAll(/^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(([, name, text]) => [name, text]),
  )
  return source.replace(/\[(_\w+)\]: /g, (_key, name: string) => {
    const text = constants.get(name)
    if (text === undefined) throw new Error(`no constant ${name} among the schemas of a client of AWS`)
    return `${text}: `
  })
}

/**
 * A class for each of up to a hundred and forty errors is half of a client. One that is not registered arrives as the service's
 * base exception, with its name, message and status as they were sent; nothing here asks for more (src/providers/aws/trouble.ts).
 * https://github.com/aws/aws-sdk-js-v3/blob/main/packages-internal/core/src/submodules/protocols/ProtocolLib.ts
 */
function withoutErrorClasses(source: string): string {
  const slim = source.replace(/^n0_registry\.registerError\((\w+)\$, \1\);$/gm, '')
  if (slim === source)
    throw new Error('clients of AWS register errors in another way now: see to withoutErrorClasses')
  return slim
}
