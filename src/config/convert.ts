/** The parts of resolving that every kind of resource needs. */

import { bug } from '../domain/error.ts'
import type { Named } from '../domain/named.ts'
import { parseDuration, parsePercent, parseSize } from '../domain/quantity.ts'
import type { Container } from '../domain/system/container.ts'
import type { Config } from './schema/config.ts'

export function container(
  raw: Pick<Config['services'][string], 'image' | 'command' | 'env' | 'secrets'>,
): Container {
  return given({ image: raw.image, command: raw.command, env: raw.env, secrets: raw.secrets })
}

/** `./apps/api/` -> `apps/api`: one spelling of each path. */
export function folder(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return parts.length === 0 ? '.' : parts.join('/')
}

export function mapValues<From, To>(from: Named<From>, to: (name: string, value: From) => To): Named<To> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, to(name, value)]))
}

/** Without the members that are undefined: what is absent in the file is absent in the System. */
export function given<T extends object>(value: T): Given<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Given<T>
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

export const milliseconds = (text: string): number => parsed(parseDuration(text), text)
export const bytes = (text: string): number => parsed(parseSize(text), text)
export const percentage = (text: string): number => parsed(parsePercent(text), text)

function parsed(value: number | undefined, text: string): number {
  if (value === undefined) throw bug(`${text} passed the checks and is no quantity`)
  return value
}
