import type { System } from '../domain/system/system.ts'

/** Where people find a service: at its domain where it has one of its own, else at the address that the platform gave it. */
export function openUrl(
  { services, environment }: Pick<System, 'services' | 'environment'>,
  service: string,
  platform: string | null,
): string | null {
  const domain = services[service]?.domain
  if (platform === null || domain === undefined || environment.cloud === 'local') return platform
  return `https://${domain}`
}
