import { digestOf, hexOf } from '../domain/digest.ts'
import type { ObjectStore } from '../providers/ports/objects.ts'

/**
 * Keeps verdict.json in the ledger as `verdicts/<its sha256>.json`, the digest that releases name. The name is that of the
 * bytes, so it is written once; a name that is taken holds the same bytes.
 */
export async function keepVerdict(objects: ObjectStore, ledger: string, bytes: string): Promise<void> {
  const base = ledger.endsWith('/') ? ledger : `${ledger}/`
  const uri = `${base}verdicts/${hexOf(digestOf(bytes))}.json`
  await objects.write(uri, Buffer.from(bytes, 'utf8'), { absent: true })
}
