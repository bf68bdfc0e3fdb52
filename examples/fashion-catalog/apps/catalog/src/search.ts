import type { FashionFile, Files } from './files.ts'
import { callerToken } from './identity.ts'

export interface Found {
  /** Cosine similarity, -1 to 1. */
  readonly score: number
  readonly file: FashionFile
}

interface Hit {
  readonly id: number
  readonly score: number
}

export const MOST_FOUND = 100
export const MOST_TEXT = 500
export const MOST_PICTURE_BYTES = 5 * 2 ** 20

/** The search did not take the question, or does not answer. `status` is what a client of HTTP is told. */
export class SearchError extends Error {
  readonly status: number

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SearchError'
    this.status = status
  }
}

/** Asks the service that holds the model, and looks up what it found. */
export class Search {
  readonly #url: string
  readonly #files: Files

  constructor(url: string, files: Files) {
    this.#url = url.replace(/\/$/, '')
    this.#files = files
  }

  byText(text: string, limit: number): Promise<Found[]> {
    return this.#ask('/text', 'application/json', JSON.stringify({ text, limit }))
  }

  byPicture(picture: Uint8Array<ArrayBuffer>, limit: number): Promise<Found[]> {
    return this.#ask(`/picture?limit=${limit}`, 'application/octet-stream', picture)
  }

  async #ask(path: string, type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Found[]> {
    const hits = await this.#hits(path, type, body)
    const files = new Map((await this.#files.byIds(hits.map(({ id }) => id))).map((file) => [file.id, file]))
    // What was removed from the catalog since the model was trained is not found any more.
    return hits.flatMap(({ id, score }) => {
      const file = files.get(String(id))
      return file === undefined ? [] : [{ score, file }]
    })
  }

  async #hits(path: string, type: string, body: string | Uint8Array<ArrayBuffer>): Promise<Hit[]> {
    let response: Response
    try {
      response = await fetch(`${this.#url}${path}`, {
        method: 'POST',
        headers: { 'content-type': type, ...(await callerToken(this.#url)) },
        body,
        signal: AbortSignal.timeout(10_000),
      })
    } catch (cause) {
      throw new SearchError(503, 'the search does not answer; try again', { cause })
    }
    if (response.ok) return (await response.json()) as Hit[]
    const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown }
    const said = typeof detail === 'string' ? detail : 'the question is not one that can be searched for'
    if (response.status === 413 || response.status === 422) throw new SearchError(response.status, said)
    throw new SearchError(503, response.status === 503 ? said : 'the search does not answer; try again')
  }
}
