import * as z from 'zod'
import { MlflowProblem } from './error.ts'

/** What a request says: its JSON body, or its query where it is a GET. A number may come as text, as protobuf's JSON has it. */
export type Parameters = Readonly<Record<string, unknown>>

export interface Context {
  /** Absolute path of models/. */
  readonly folder: string
  readonly now: () => number
}

export type Handler = (parameters: Parameters, context: Context) => Promise<object>

export const tagsSchema = z
  .array(z.object({ key: z.string().min(1).max(250), value: z.string().default('') }))
  .default([])
export const integer = z.coerce.number().int()

/** A handler whose parameters are parsed first. */
export function handler<T>(
  schema: z.ZodType<T>,
  work: (input: T, context: Context) => Promise<object>,
): Handler {
  return async (parameters, context) => {
    const parsed = schema.safeParse(parameters)
    if (parsed.success) return await work(parsed.data, context)
    const [issue] = parsed.error.issues
    const name = issue?.path.join('.') ?? ''
    throw new MlflowProblem(
      'INVALID_PARAMETER_VALUE',
      parameters[name] === undefined
        ? `Missing value for required parameter '${name}'.`
        : `Invalid value for parameter '${name}': ${issue?.message}`,
    )
  }
}

export function tagRecord(
  tags: readonly { readonly key: string; readonly value: string }[],
): Record<string, string> {
  return Object.fromEntries(tags.map(({ key, value }) => [key, value]))
}

export function tagList(tags: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}

/** One page of a list; the token is the position, as text. */
export function pageOf<T>(
  all: readonly T[],
  size: number,
  token: string | undefined,
): { readonly page: readonly T[]; readonly next: { readonly next_page_token?: string } } {
  const from = token === undefined || token === '' ? 0 : Number(token)
  if (!Number.isInteger(from) || from < 0) {
    throw new MlflowProblem('INVALID_PARAMETER_VALUE', 'Invalid page token')
  }
  const to = from + size
  return { page: all.slice(from, to), next: to < all.length ? { next_page_token: `${to}` } : {} }
}
