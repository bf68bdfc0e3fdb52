import { SluiceError } from '../../../domain/error.ts'

/** Where each function was seen first: credentials that change meanwhile lead to another one of the same name. */
export class Places {
  readonly #seen = new Map<string, string>()

  /**
   * @param arn of the function, or of what belongs to it
   * @throws SluiceError cannot-observe where what answers is of another account or region than before (promise R24)
   */
  know(name: string, arn: string | undefined): void {
    if (arn === undefined) return
    const place = arn.split(':').slice(0, 5).join(':')
    const before = this.#seen.get(name) ?? place
    this.#seen.set(name, before)
    if (before === place) return
    throw new SluiceError('cannot-observe', 'user', {
      what: `function ${name} is at ${place} now, and was at ${before}`,
      rule: 'a rollout stays in one account and region from its first look to its last',
      remedy: 'see who changes the credentials or the region of this machine, then repeat the command',
    })
  }
}
