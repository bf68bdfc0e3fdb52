/** What the environment says: https://12factor.net/config */

export function required(name: string, env = process.env): string {
  const value = env[name]
  if (value === undefined || value === '') throw new Error(`the environment variable ${name} is not set`)
  return value
}

/** Where to listen; cloud local says 127.0.0.1. */
export function listening(port: number, env = process.env): { port: number; host: string } {
  return { port: Number(env['PORT'] ?? port), host: env['HOST'] ?? '0.0.0.0' }
}
