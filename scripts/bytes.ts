import { basename } from 'node:path'
import type { Metafile } from 'esbuild'
import type { Bundle } from './bundle.ts'

type Output = Metafile['outputs'][string]

/** The outputs of a bundle by their place in dist/, `cli.js` and `chunks/src-cli-run.js`. */
function outputsOf(bundle: Bundle): Map<string, Output> {
  const doors = Object.entries(bundle.doors.outputs).map(
    ([path, output]) => [basename(path), output] as const,
  )
  const chunks = [bundle.lazy, bundle.compilers]
    .flatMap(({ outputs }) => Object.entries(outputs))
    .map(([path, output]) => [`chunks/${basename(path)}`, output] as const)
  return new Map([...doors, ...chunks])
}

/**
 * The files that starting loads: every door, what its commands begin with, and what those import at once. What they import
 * later, a cloud or a compiler, is not among them.
 *
 * @returns bytes by file
 */
export function startPaths(bundle: Bundle): Map<string, number> {
  const outputs = outputsOf(bundle)
  const loaded = new Map<string, number>()
  const load = (name: string, kinds: readonly string[]): void => {
    const output = outputs.get(name)
    if (output === undefined || loaded.has(name)) return
    loaded.set(name, output.bytes)
    for (const { path, kind } of output.imports) {
      if (kinds.includes(kind)) load(`chunks/${basename(path)}`, ['import-statement'])
    }
  }
  for (const path of Object.keys(bundle.doors.outputs)) {
    load(basename(path), ['import-statement', 'dynamic-import'])
  }
  return loaded
}

/** What a source is for, by the first prefix that fits; `*` stands for one part of a path. */
const PARTS: readonly (readonly [part: string, prefixes: readonly string[]])[] = [
  ['bindings of AWS and Google Cloud, as tables', ['node_modules/@cdktf/']],
  ['cdktf and constructs', ['node_modules/cdktf/', 'node_modules/constructs/']],
  ['compilers of systems into stacks', ['cdktf/']],
  [
    'SDK of AWS',
    ['node_modules/@aws-sdk/', 'node_modules/@smithy/', 'node_modules/@aws/', 'node_modules/@aws-crypto/'],
  ],
  [
    'sign-in at Google Cloud',
    ['google-auth-library', 'gaxios', 'gcp-metadata', 'node-fetch', 'json-bigint', 'bignumber.js'].map(
      (name) => `node_modules/${name}/`,
    ),
  ],
  ['HTTP client (undici)', ['node_modules/undici/']],
  ['schemas of files (zod)', ['node_modules/zod/']],
  ['YAML', ['node_modules/yaml/']],
  ['sluice.yml: validator, checks, defaults', ['src/config/']],
  [
    'report of a verdict, with plots',
    [
      'node_modules/@mixmark-io/',
      'node_modules/@observablehq/',
      'node_modules/d3-',
      'node_modules/d3/',
      'src/report/',
    ],
  ],
  ['gate: evidence, statistics, verdict', ['src/gate/', 'node_modules/hyparquet']],
  ['cloud local', ['src/providers/local/']],
  ['AWS', ['src/providers/aws/']],
  ['Google Cloud', ['src/providers/gcp/']],
  ['models (MLflow)', ['src/mlflow/']],
  ['lists and ports of clouds', ['src/providers/']],
  ['images and registries', ['src/images/', 'src/tools/']],
  ['commands', ['src/commands/', 'src/plan/', 'src/release/']],
  [
    'doors and runtime',
    ['src/action/', 'src/cli/', 'src/runtime/', 'src/github/', 'actions/', 'package.json'],
  ],
  ['nouns', ['src/domain/']],
  ['other packages', ['node_modules/']],
]

/** Bytes of dist/ by what they are for, most first; what esbuild adds around the sources is the last. */
export function bytesByPart(bundle: Bundle): Map<string, number> {
  const bytes = new Map<string, number>()
  let whole = 0
  for (const output of outputsOf(bundle).values()) {
    whole += output.bytes
    for (const [source, { bytesInOutput }] of Object.entries(output.inputs)) {
      const part = partOf(source)
      bytes.set(part, (bytes.get(part) ?? 0) + bytesInOutput)
    }
  }
  const known = [...bytes.values()].reduce((sum, one) => sum + one, 0)
  return new Map([
    ...[...bytes].sort(([, one], [, other]) => other - one),
    ['imports and exports between files', whole - known],
  ])
}

function partOf(source: string): string {
  const name = source.slice(Math.max(0, source.lastIndexOf('node_modules/')))
  const part = PARTS.find(([, prefixes]) => prefixes.some((prefix) => name.startsWith(prefix)))
  return part?.[0] ?? 'other'
}
