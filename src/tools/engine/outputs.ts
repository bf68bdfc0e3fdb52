import { externalError } from '../../domain/error.ts'

/**
 * The value of the Terraform output `sluice` in what `output -json` printed; undefined where the stack has none, as before
 * its first apply.
 *
 * @throws SluiceError external for what is no such document.
 */
export function sluiceOutput(printed: string): unknown {
  const start = printed.indexOf('{')
  try {
    const outputs = JSON.parse(printed.slice(Math.max(0, start))) as Record<string, { value?: unknown }>
    return outputs['sluice']?.value
  } catch (cause) {
    throw externalError(
      'service',
      { what: 'the engine printed no outputs', remedy: 'run apply again' },
      cause,
    )
  }
}
