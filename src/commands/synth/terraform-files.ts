import { usageError } from '../../domain/error.ts'
import { type Block, topBlocks } from '../../tools/hcl/blocks.ts'
import type { Folder } from './folder.ts'

/** Whether the configuration in this folder has an output of this name. */
export function emits(folder: Folder, output: string): boolean {
  return blocksOf(folder).some(({ type, labels: [label] }) => type === 'output' && label === output)
}

/** How many resources it declares; undefined where it is no configuration. Modules are not looked into. */
export function resourcesIn(folder: Folder): number | undefined {
  if (![...folder.keys()].some(isConfiguration)) return undefined
  return blocksOf(folder).filter(({ type }) => type === 'resource').length
}

/** Terraform reads the files of the folder itself, not of those inside it. */
const isConfiguration = (name: string): boolean => /^[^/]+\.(?:tf|tofu)(?:\.json)?$/.test(name)

function blocksOf(folder: Folder): Block[] {
  return [...folder].flatMap(([name, { bytes }]) => {
    if (!isConfiguration(name)) return []
    const text = Buffer.from(bytes).toString('utf8')
    return name.endsWith('.json') ? jsonBlocks(name, text) : topBlocks(text)
  })
}

/** https://developer.hashicorp.com/terraform/language/syntax/json: each kind is an object of names, or a list of such objects. */
function jsonBlocks(name: string, text: string): Block[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw usageError({ what: `${name} is not JSON`, remedy: 'correct it' }, cause)
  }
  return members(json).flatMap(([type, inner]) =>
    members(inner).flatMap(([label, body]) =>
      type === 'resource' || type === 'data'
        ? members(body).map(([second]) => ({ type, labels: [label, second] }))
        : [{ type, labels: [label] }],
    ),
  )
}

function members(value: unknown): [string, unknown][] {
  if (Array.isArray(value)) return value.flatMap(members)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).filter(([key]) => key !== '//')
}
