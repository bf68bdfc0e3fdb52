/** A record of resources by their name in sluice.yml, in the order of the file. */
export type Named<T> = Readonly<Record<string, T>>
