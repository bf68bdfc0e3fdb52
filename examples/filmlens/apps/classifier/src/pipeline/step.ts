import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { FILM_COLUMNS, type Film, filmFromRow } from '../film.ts'
import { type Objects, required } from '../objects.ts'

/** What Sluice tells a step: where its inputs and outputs lie, its parameters and its seed. */
export const input = (name: string): string => required(process.env, `SLUICE_INPUT_${name.toUpperCase()}`)
export const output = (name: string): string => required(process.env, `SLUICE_OUTPUT_${name.toUpperCase()}`)
export const parameter = (name: string): string => required(process.env, `SLUICE_PARAM_${name.toUpperCase()}`)
export const seed = (): number => Number(required(process.env, 'SLUICE_SEED'))

export function numberParameter(name: string, least: number, most: number): number {
  const text = parameter(name)
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new Error(`the parameter ${name} is "${text}"; expected a number from ${least} to ${most}`)
  }
  return value
}

export async function readFilms(objects: Objects, uri: string): Promise<readonly Film[]> {
  const rows: Record<string, string>[] = parse(await objects.get(uri), {
    columns: true,
    skip_empty_lines: true,
  })
  return rows.map(filmFromRow)
}

export async function writeRows(
  objects: Objects,
  uri: string,
  columns: readonly string[],
  rows: readonly object[],
): Promise<void> {
  await objects.put(uri, stringify([...rows], { header: true, columns: [...columns] }), 'text/csv')
}

export const writeFilms = (objects: Objects, uri: string, films: readonly Film[]): Promise<void> =>
  writeRows(objects, uri, FILM_COLUMNS, films)
