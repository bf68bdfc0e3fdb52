import { readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'esbuild'
import { slimAws } from './slim-aws.ts'

/** What packages bring along and never use here, file -> what stands for it, each with why nothing of it is missed. */
const REPLACED: Readonly<Record<string, string | ((source: string) => string)>> = {
  // Only Agent, Pool and request are used: fetch, WebSocket, mocks and caches are half of the package.
  'undici/index.js': onlyOfUndici,
  // The parser for processors without SIMD, which Node itself needs on x64 and arm64 (https://nodejs.org/en/blog/release/v20.0.0).
  'undici/lib/llhttp/llhttp-wasm.js': 'throw new Error("this processor has no SIMD")',
  // The parser as it is shipped by the package is three quarters of its size in letters.
  'undici/lib/llhttp/llhttp_simd-wasm.js': packedParser,
  // A web stream for Node before 16.5.
  'web-streams-polyfill/dist/ponyfill.es2018.js': 'throw new Error("Node has web streams")',
  // Names the browser in a user agent; in Node the SDK never asks.
  'bowser/bowser.mjs': 'export default {}',
  // The page is made of elements, and none is read from a text.
  '@mixmark-io/domino/lib/HTMLParser.js':
    'module.exports = function HTMLParser() { throw new Error("no HTML is parsed here") }',
  // Of @actions/core only the summary is used; the rest is a second undici.
  '@actions/core/lib/core.js': "export { summary } from './summary.js'",
  // Reads the long numbers of a metadata server, which is asked for tokens alone.
  'json-bigint/index.js': 'exports.parse = JSON.parse',
  // JSON Schemas are written when Sluice is built, and no figure of a report is a map.
  'zod/v4/classic/schemas.js': withoutJsonSchemas,
  '@observablehq/plot/src/projection.js': withoutMaps,
  '@observablehq/plot/src/plot.js': withoutMaps,
}

/** Leaves out of a bundle what is known not to be needed of a package. */
export function slimPackages(root: string): Plugin {
  return {
    name: 'slim-packages',
    setup(esbuild) {
      const filter =
        /node_modules[\\/](undici|web-streams-polyfill|bowser|@mixmark-io[\\/]domino|@actions[\\/]core|json-bigint|zod|@observablehq[\\/]plot)[\\/].*\.m?js$/
      esbuild.onLoad({ filter }, ({ path }) => {
        const name = path.split(`node_modules${sep}`).at(-1)?.replaceAll(sep, '/') ?? ''
        const stand = REPLACED[name]
        if (stand === undefined) return undefined
        const contents = typeof stand === 'string' ? stand : stand(readFileSync(path, 'utf8'))
        return { contents, loader: 'js' }
      })
      slimAws.setup(esbuild)
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

/** It is unpacked when it is first needed, in half a millisecond. */
function packedParser(source: string): string {
  const base64 = /^const wasmBase64 = '([A-Za-z0-9+/=]+)'$/m.exec(source)?.[1]
  if (base64 === undefined) throw new Error('undici keeps its parser in another way now: see to packedParser')
  const parser = Buffer.from(base64, 'base64')
  const packed = brotliCompressSync(parser, {
    params: { [constants.BROTLI_PARAM_SIZE_HINT]: parser.length },
  })
  return `
const { brotliDecompressSync } = require('node:zlib')
module.exports = brotliDecompressSync(Buffer.from('${packed.toString('base64')}', 'base64'))
`
}

function withoutJsonSchemas(source: string): string {
  const less = source
    .replace(
      /^ {4}inst\._zod\.processJSONSchema = \(ctx, json, params\) => processors\.\w+\(inst, ctx, json, params\);$/gm,
      '',
    )
    .replace(
      /^import \{ createStandardJSONSchemaMethod, createToJSONSchemaMethod \} from "[^"]+";$/m,
      'const createToJSONSchemaMethod = () => () => { throw new Error("no JSON Schema is written here") }; const createStandardJSONSchemaMethod = createToJSONSchemaMethod',
    )
  if (/processJSONSchema|to-json-schema/.test(less))
    throw new Error('zod writes JSON Schemas in another way now: see to withoutJsonSchemas')
  return less
}

/** What draws maps, in every projection, is a tenth of what draws. */
function withoutMaps(source: string): string {
  let found = 0
  const less = source.replace(/^import \{([^}]*\bgeoPath\b[^}]*)\} from "d3";$/m, (_import, list: string) => {
    found++
    const names = list.split(',').map((name) => name.trim())
    // One projection is made when the module is loaded, of this alone.
    const isMap = (name: string): boolean => name.startsWith('geo') && name !== 'geoTransform'
    const maps = names.filter(isMap)
    const others = names.filter((name) => !isMap(name))
    const refused = `() => { throw new Error("no map is drawn here") }`
    return `import {${others.join()}} from "d3"; const ${maps.map((name) => `${name} = ${refused}`).join()}`
  })
  if (found === 0) throw new Error('Plot draws maps in another way now: see to withoutMaps')
  return less
}
