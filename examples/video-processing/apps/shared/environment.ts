export type Variables = Readonly<Record<string, string | undefined>>

export function required(env: Variables, name: string): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`)
  return value
}

export function numberBetween(env: Variables, name: string, least: number, most: number): number {
  const text = required(env, name)
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new Error(
      `the environment variable ${name} is "${text}"; expected a number from ${least} to ${most}`,
    )
  }
  return value
}
