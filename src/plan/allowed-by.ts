import type { Allowed } from './allow-list.ts'
import type { SynthesizedStack } from './synthesis-diff.ts'

/**
 * What the trusted side's own stacks name, and so what those of the other side may; undefined where they do not say it all, or
 * not all the same.
 */
export function allowedBy(base: readonly SynthesizedStack[]): Allowed | undefined {
  const found = base.map(({ document }) => allowedIn(document))
  const [first] = found
  if (first === undefined) return undefined
  return found.every((one) => JSON.stringify(one) === JSON.stringify(first)) ? first : undefined
}

function allowedIn(document: Readonly<Record<string, unknown>>): Allowed | undefined {
  const terraform = record(document['terraform'])
  const [[name, needed] = ['', undefined]] = Object.entries(record(terraform['required_providers']))
  const { source, version } = record(needed)
  const [[kind, place] = ['', undefined]] = Object.entries(record(terraform['backend']))
  const { bucket, key, prefix } = record(place)
  const [provider] = list(record(document['provider'])[name])
  const { allowed_account_ids: accounts, project } = record(provider)
  const account = name === 'aws' ? list(accounts)[0] : project
  const state = kind === 's3' ? key : prefix
  if (name !== 'aws' && name !== 'google') return undefined
  if (!isText(source) || !isText(version) || !isText(bucket) || !isText(account) || !isText(state))
    return undefined
  return {
    provider: { name, source, version },
    account,
    states: { bucket, prefix: state.replace(/\/[^/]*$/, '') },
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
