import { shortHash } from './short-hash.ts'

/** The n-th of the equal parts of a range, `bits` longer: `subnetOf('10.20.0.0/16', 2, 1)` -> `10.20.64.0/18`. */
export function subnetOf(cidr: string, bits: number, n: number): string {
  const [address = '', prefix = ''] = cidr.split('/')
  const length = Number(prefix) + bits
  const start =
    address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0) + n * 2 ** (32 - length)
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256)
  return `${octets.join('.')}/${length}`
}

/** A range of its own for each environment, so that two of them can be joined: 10.16.0.0/16 to 10.239.0.0/16. */
export function defaultCidr(environment: string): string {
  return `10.${16 + (Number.parseInt(shortHash(environment), 16) % 224)}.0.0/16`
}
