import { join } from 'node:path'
import { SluiceError } from '../../domain/error.ts'
import type { PolicyAnswer } from '../../plan/guard.ts'
import type { Argv, Runtime } from '../../runtime/runtime.ts'

/** Milliseconds. */
const LONGEST = 10 * 60_000
/** Bytes of a plan that a policy is given; more would not fit beside it. */
const LARGEST = 512 * 1024 * 1024
/** The argument, or part of one, that stands for the path of the plan. */
const PLACE = '{plan}'

/** Gathers the JSON of a plan for the policy; one that is too large is left out, and then there is no answer. */
export class PolicyInput {
  readonly #chunks: Uint8Array[] = []
  #size = 0

  add(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (this.#size > LARGEST) this.#chunks.length = 0
    else this.#chunks.push(Buffer.from(chunk))
  }

  get bytes(): Uint8Array | undefined {
    return this.#size > LARGEST ? undefined : Buffer.concat(this.#chunks)
  }
}

/**
 * Asks the team's own policy about one plan. It gets no credential and no token: a plan is all that it judges.
 *
 * @param root folder of sluice.yml, where it runs.
 * @param state folder for the file of the plan, which is removed whatever happens.
 */
export async function askPolicy(
  runtime: Runtime,
  policy: readonly string[],
  input: PolicyInput,
  { root, state }: { readonly root: string; readonly state: string },
): Promise<PolicyAnswer> {
  const { bytes } = input
  if (bytes === undefined) return { kind: 'no-answer', text: `the plan has more than ${LARGEST} bytes` }
  const inFile = policy.some((part) => part.includes(PLACE))
  const file = join(state, 'plans', `${Buffer.from(runtime.random.bytes(8)).toString('hex')}.json`)
  try {
    if (inFile) await runtime.files.write(file, bytes, { mode: 0o600 })
    const argv = policy.map((part) => part.replaceAll(PLACE, file)) as unknown as Argv
    const { PATH, HOME, LANG, TZ, TMPDIR } = runtime.env
    const { code, signal, stdout, stderr } = await runtime.exec.run(argv, {
      cwd: root,
      env: { PATH, HOME, LANG, TZ, TMPDIR },
      timeout: LONGEST,
      signal: runtime.signals.cancelled,
      ...(inFile ? {} : { input: bytes }),
    })
    // What it prints may quote values of the plan: it goes to the log, and into no report or comment.
    for (const line of `${stdout}\n${stderr}`.split('\n')) {
      if (line.trim() !== '') runtime.log.emit({ kind: 'output', source: 'policy', line })
    }
    if (code === 0) return { kind: 'passed' }
    if (code === 1) return { kind: 'failed', text: 'it ended with code 1, and its reasons stand in the log' }
    return {
      kind: 'no-answer',
      text: `it ended with ${signal === null ? `code ${code}` : `signal ${signal}`}`,
    }
  } catch (error) {
    if (!(error instanceof SluiceError) || error.outcome !== 'usage') throw error
    return { kind: 'no-answer', text: error.message }
  } finally {
    if (inFile) await runtime.files.remove(file)
  }
}
