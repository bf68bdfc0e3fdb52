/** Exactly one version of a model: `7@sha256:...`, as Sluice tells it to a service. */
export interface Pin {
  readonly version: string
  readonly digest: string
}

export function parsePin(text: string): Pin {
  const match = /^([0-9]+)@(sha256:[0-9a-f]{64})$/.exec(text)
  if (match === null) throw new Error(`"${text}" is no model pin; expected <version>@sha256:<64 hex digits>`)
  return { version: match[1] ?? '', digest: match[2] ?? '' }
}
