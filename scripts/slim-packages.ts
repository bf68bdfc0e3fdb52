import { readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { Plugin } from 'esbuild'

/** What packages bring along and never use here, file -> what stands for it, each with why nothing of it is missed. */
const REPLACED: Readonly<Record<string, string | ((source: string) => string)>> = {
  // Only Agent, Pool and request are used: fetch, WebSocket, mocks and caches are half of the package.
  'undici/index.js': onlyOfUndici,
  // The parser for processors without SIMD, which Node itself needs on x64 and arm64 (https://nodejs.org/en/blog/release/v20.0.0).
  'undici/lib/llhttp/llhttp-wasm.js': 'throw new Error("this processor has no SIMD")',
  // A web stream for Node before 16.5.
  'web-streams-polyfill/dist/ponyfill.es2018.js': 'throw new Error("Node has web streams")',
  // Names the browser in a user agent; in Node the SDK never asks.
  'bowser/bowser.mjs': 'export default {}',
  // The page is made of elements, and none is read from a text.
  '@mixmark-io/domino/lib/HTMLParser.js':
    'module.exports = function HTMLParser() { throw new Error("no HTML is parsed here") }',
  // Of @actions/core only the summary is used; the rest is a second undici.
  '@actions/core/lib/core.js': "export { summary } from './summary.js'",
}

/** Clients of AWS whose protocols tell an error's name beside its message: JSON 1.1 and REST JSON. */
const CLIENTS = [
  'application-auto-scaling',
  'batch',
  'cloudwatch-logs',
  'ecr',
  'ecs',
  'lambda',
  'sagemaker',
  'scheduler',
  'ssm',
].join('|')

/** Leaves out of a bundle what is known not to be needed of a package. */
export function slimPackages(root: string): Plugin {
  return {
    name: 'slim-packages',
    setup(esbuild) {
      const filter =
        /node_modules[\\/](undici|web-streams-polyfill|bowser|@mixmark-io[\\/]domino|@actions[\\/]core)[\\/].*\.m?js$/
      esbuild.onLoad({ filter }, ({ path }) => {
        const name = path.split(`node_modules${sep}`).at(-1)?.replaceAll(sep, '/') ?? ''
        const stand = REPLACED[name]
        if (stand === undefined) return undefined
        const contents = typeof stand === 'string' ? stand : stand(readFileSync(path, 'utf8'))
        return { contents, loader: 'js' }
      })
      esbuild.onLoad(
        {
          filter: new RegExp(`[\\\\/]client-(${CLIENTS})[\\\\/]dist-es[\\\\/]schemas[\\\\/]schemas_0\\.js$`),
        },
        ({ path }) => ({ contents: withoutErrorClasses(readFileSync(path, 'utf8')), loader: 'js' }),
      )
      // Of a package.json only these get in: dist/ does not change when a script or a dependency does.
      esbuild.onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
        if (path !== join(root, 'package.json') && !path.includes('node_modules')) return undefined
        const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string }
        const ours = path === join(root, 'package.json')
        return { contents: JSON.stringify(ours ? { version } : { name, version }), loader: 'json' }
      })
    },
  }
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

/** undici's own index without what is not used; its `request` finds a dispatcher and an address as it always does. */
function onlyOfUndici(source: string): string {
  const makeDispatcher = /^function makeDispatcher \(fn\) \{\n[\s\S]*?^\}$/m.exec(source)?.[0]
  if (
    makeDispatcher === undefined ||
    !source.includes('module.exports.request = makeDispatcher(api.request)')
  ) {
    throw new Error('undici makes request in another way now: see to onlyOfUndici')
  }
  return `
const Dispatcher = require('./lib/dispatcher/dispatcher')
const Pool = require('./lib/dispatcher/pool')
const Agent = require('./lib/dispatcher/agent')
const { InvalidArgumentError } = require('./lib/core/errors')
const util = require('./lib/core/util')
const api = require('./lib/api')
const { getGlobalDispatcher } = require('./lib/global')
Object.assign(Dispatcher.prototype, api)
${makeDispatcher}
module.exports.Agent = Agent
module.exports.Pool = Pool
module.exports.request = makeDispatcher(api.request)
`
}
