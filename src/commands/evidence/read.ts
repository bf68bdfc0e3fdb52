import { createHash } from 'node:crypto'
import { dirname, isAbsolute, join, normalize } from 'node:path'
import { type Digest, digestOf, digestOfValue } from '../../domain/digest.ts'
import { type Problem, usageError } from '../../domain/error.ts'
import { type Evaluation, evaluationSchema } from '../../domain/models/evaluation.ts'
import type { GatePolicy } from '../../domain/models/policy.ts'
import { duplicateKeys } from '../../gate/duplicate-keys.ts'
import { parseLooseJson } from '../../gate/loose-json.ts'
import { rowRequests } from '../../gate/plan.ts'
import type { ByteSource, KeyColumn, Rows } from '../../gate/rows/columns.ts'
import { readRows } from '../../gate/rows/read.ts'
import { KeyWriter } from '../../gate/rows/store.ts'
import type { Files } from '../../runtime/runtime.ts'
import { streamOf } from '../../runtime/stream-of.ts'

/** evaluation.json as it was read. */
export interface EvidenceFile {
  readonly path: string
  readonly evaluation: Evaluation
  readonly digest: Digest
  readonly duplicateKeys: readonly string[]
}

/** The evidence, whole. */
export interface Evidence {
  readonly rows: Rows | null
  readonly rowsDigest: Digest | null
  /** Digest of evaluation.json and its rows together. */
  readonly digest: Digest
  readonly trained?: KeyColumn
}

/** @throws SluiceError usage: no such file, not JSON, or not `sluice.evaluation/v1`. */
export async function readEvidenceFile(files: Files, path: string): Promise<EvidenceFile> {
  const bytes = await files.read(await regularFile(files, path, 'evidence'))
  const text = Buffer.from(bytes ?? []).toString('utf8')
  let value: unknown
  try {
    value = parseLooseJson(text)
  } catch (cause) {
    const why = text.trim() === '' ? 'it is empty' : (cause as Error).message
    throw usageError(
      {
        what: `${path} is not JSON: ${why}`,
        rule: 'evidence is a JSON file of schema sluice.evaluation/v1',
        remedy: 'let the evaluation step write it again',
      },
      cause,
    )
  }
  const parsed = evaluationSchema.safeParse(value)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue): Problem => ({
        at: path,
        what: `${issue.path.join('.') || 'the evidence'}: ${issue.message}`,
        rule: 'schema sluice.evaluation/v1',
      }),
    )
    throw usageError(problems as [Problem, ...Problem[]], parsed.error)
  }
  return { path, evaluation: parsed.data, digest: digestOf(bytes ?? ''), duplicateKeys: duplicateKeys(text) }
}

/** Reads the rows of the evidence, as far as this policy needs them. */
export async function readEvidence(
  files: Files,
  { path, evaluation, digest }: EvidenceFile,
  policy: GatePolicy,
): Promise<Evidence> {
  const folder = dirname(path)
  const trained =
    evaluation.trainRowHashes === undefined
      ? undefined
      : await readHashes(files, inside(folder, evaluation.trainRowHashes))
  if (evaluation.rows === undefined) {
    return {
      rows: null,
      rowsDigest: null,
      digest: digestOfValue({ evaluation: digest, rows: null }),
      ...(trained === undefined ? {} : { trained }),
    }
  }
  const file = await regularFile(files, inside(folder, evaluation.rows.path), 'rows')
  const hash = createHash('sha256')
  const source = hashed(streamOf(files, file), hash)
  const rows = await readRows(file, source, rowRequests(evaluation, policy), evaluation.dataset.rows)
  const rowsDigest: Digest = `sha256:${hash.digest('hex')}`
  return {
    rows,
    rowsDigest,
    digest: digestOfValue({ evaluation: digest, rows: rowsDigest }),
    ...(trained === undefined ? {} : { trained }),
  }
}

/** One hash a line: the values that the hash column (or the id) has for training rows. */
async function readHashes(files: Files, path: string): Promise<KeyColumn> {
  const bytes = await files.read(await regularFile(files, path, 'hashes of training rows'))
  const writer = new KeyWriter()
  const lines = Buffer.from(bytes ?? [])
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  lines.forEach((line, row) => {
    writer.setText(row, line)
  })
  return { high: writer.high.subarray(0, lines.length), low: writer.low.subarray(0, lines.length) }
}

async function regularFile(files: Files, path: string, what: string): Promise<string> {
  const stat = await files.stat(path)
  if (stat?.kind === 'file') return path
  const kinds = { directory: 'is a directory', symlink: 'is a symbolic link', other: 'is not a regular file' }
  throw usageError({
    what: `${path} ${stat === undefined ? 'does not exist' : kinds[stat.kind]}`,
    rule: `a regular file holds the ${what}`,
    remedy: 'run the evaluation step (sluice train), or name another file with --evidence',
  })
}

/** A path that the evidence names stays beside it. */
function inside(folder: string, path: string): string {
  const relative = normalize(path)
  if (!isAbsolute(path) && relative !== '..' && !relative.startsWith(`..${'/'}`))
    return join(folder, relative)
  throw usageError({
    what: `the evidence names ${path}, outside of its own folder`,
    rule: 'paths in the evidence are relative and stay in its folder',
    remedy: 'write the rows beside evaluation.json',
  })
}

async function* hashed(source: ByteSource, hash: { update(bytes: Uint8Array): unknown }): ByteSource {
  for await (const chunk of source) {
    hash.update(chunk)
    yield chunk
  }
}
