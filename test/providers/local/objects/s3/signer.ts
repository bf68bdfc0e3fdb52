import { createHash, createHmac } from 'node:crypto'
import { KEYS } from './endpoint.ts'

/**
 * Signature Version 4 written once more, from the specification alone: the SDK cannot be made to sign requests that break
 * rules, and the endpoint must not be its own judge.
 */
export async function signHeaders(
  url: string,
  method: string,
  target: string,
  {
    body = '',
    payload = sha(body),
    meta = {},
  }: { body?: string; payload?: string; meta?: Record<string, string> },
): Promise<Record<string, string>> {
  const { headers } = sign(url, method, target, payload, meta)
  return headers
}

function sign(url: string, method: string, target: string, payload: string, meta: Record<string, string>) {
  const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${date.slice(0, 8)}/us-east-1/s3/aws4_request`
  const [path = '', query = ''] = target.split('?')
  const headers: Record<string, string> = {
    host: new URL(url).host,
    'x-amz-content-sha256': payload,
    'x-amz-date': date,
    ...meta,
  }
  const names = Object.keys(headers).sort()
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('')
  const canonical = [method, path, query, lines, names.join(';'), payload].join('\n')
  const key = [date.slice(0, 8), 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`AWS4${KEYS.secretAccessKey}`),
  )
  const signature = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha(canonical)].join('\n'))
  const authorization = `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { headers: { ...headers, authorization }, key, date, scope, signature }
}

/** STREAMING-AWS4-HMAC-SHA256-PAYLOAD: each chunk signed over the one before. */
export async function signedChunks(
  url: string,
  target: string,
  chunks: readonly string[],
): Promise<{ headers: Record<string, string>; body: string }> {
  const length = chunks.join('').length
  const meta = { 'x-amz-decoded-content-length': `${length}`, 'content-encoding': 'aws-chunked' }
  const { headers, key, date, scope, signature } = sign(
    url,
    'PUT',
    target,
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    meta,
  )
  let previous = signature
  let body = ''
  for (const chunk of [...chunks, '']) {
    const text = ['AWS4-HMAC-SHA256-PAYLOAD', date, scope, previous, sha(''), sha(chunk)].join('\n')
    previous = hmac(key, text)
    body += `${chunk.length.toString(16)};chunk-signature=${previous}\r\n${chunk}\r\n`
  }
  return { headers, body }
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}
