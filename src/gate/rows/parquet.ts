import zlib from 'node:zlib'
import { usageError } from '../../domain/error.ts'
import { putCell } from './cell.ts'
import type { ByteSource, ColumnRequest, Rows } from './columns.ts'
import { missingColumns } from './missing-columns.ts'
import { RowStore } from './store.ts'

/** Snappy is in the reader; the others come with Node. A page is never more than its header says: a few kilobytes could become all memory. */
const compressors = {
  GZIP: (bytes: Uint8Array, size: number) => new Uint8Array(zlib.gunzipSync(bytes, atMost(size))),
  BROTLI: (bytes: Uint8Array, size: number) => new Uint8Array(zlib.brotliDecompressSync(bytes, atMost(size))),
  ZSTD: unzstd,
}

/** Zlib takes no limit of nothing. */
const atMost = (size: number): { maxOutputLength: number } => ({ maxOutputLength: Math.max(1, size) })

/**
 * Rows from Apache Parquet, read by hyparquet one row group after the other. The file itself is held in memory: its
 * index stands at its end.
 *
 * @throws SluiceError usage: not Parquet, cut off, a column that is not there.
 */
export async function readParquet(
  source: ByteSource,
  requests: readonly ColumnRequest[],
  name: string,
): Promise<Rows> {
  const { parquetMetadata, parquetRead, parquetSchema } = await import('hyparquet')
  const file = await collect(source)
  const store = new RowStore(requests)
  try {
    const metadata = parquetMetadata(file)
    const names = parquetSchema(metadata).children.map(({ element }) => element.name)
    missingColumns(
      name,
      requests.filter(({ column }) => !names.includes(column)),
      names,
    )
    const columns = [...new Set(requests.map(({ column }) => column))]
    let start = 0
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows)
      await parquetRead({
        file,
        metadata,
        columns,
        rowStart: start,
        rowEnd: end,
        compressors,
        onChunk: ({ columnName, columnData, rowStart }) => {
          for (const writer of store.writers) {
            if (writer.column !== columnName) continue
            for (let i = 0; i < columnData.length; i++) putCell(store, writer, rowStart + i, columnData[i])
          }
        },
      })
      start = end
    }
    return store.finish(start)
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'SluiceError') throw cause
    throw usageError(
      {
        what: `${name} is not a whole Parquet file: ${cause instanceof Error ? cause.message : String(cause)}`,
        rule: 'a Parquet file ends with its index and the bytes "PAR1"',
        remedy: 'the file is cut off or of another format: write it again',
      },
      cause,
    )
  }
}

async function collect(source: ByteSource): Promise<ArrayBuffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of source) {
    chunks.push(new Uint8Array(chunk))
    length += chunk.length
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all.buffer
}

/** Node 20 has no Zstandard. */
function unzstd(bytes: Uint8Array, size: number): Uint8Array {
  if (typeof zlib.zstdDecompressSync === 'function')
    return new Uint8Array(zlib.zstdDecompressSync(bytes, atMost(size)))
  throw usageError({
    what: `this Parquet file is compressed with ZSTD, which Node ${process.versions.node} cannot read`,
    rule: 'Node 22.15 or newer reads it',
    remedy: 'use a newer Node, or write the file with GZIP, BROTLI or SNAPPY',
  })
}
