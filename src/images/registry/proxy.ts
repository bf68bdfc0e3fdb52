import { usageError } from '../../domain/error.ts'

/** A proxy between this machine and registries. */
export interface ProxySettings {
  /** May hold a user and a password: never shown. */
  readonly url: URL
  /** Hosts that are reached without it, as NO_PROXY lists them. */
  readonly except: string
}

/**
 * HTTPS_PROXY and NO_PROXY of the environment, small letters first, as curl reads them. Registries are spoken to over HTTPS,
 * but for those of this machine, which no proxy stands before; so HTTP_PROXY has no say. undefined: no proxy.
 *
 * @throws SluiceError usage: an address that is none.
 */
export function proxyOf(env: Readonly<Record<string, string | undefined>>): ProxySettings | undefined {
  const address = env['https_proxy'] || env['HTTPS_PROXY']
  const except = (env['no_proxy'] || env['NO_PROXY'] || '').trim()
  if (address === undefined || address === '' || except === '*') return undefined
  const text = address.includes('://') ? address : `http://${address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    return { url, except }
  }
  // Without its value: a password may stand in it.
  throw usageError({
    what: 'HTTPS_PROXY names no proxy',
    rule: 'it is an address like http://proxy.example:3128',
    remedy: 'correct it, or unset it where none is needed',
  })
}
