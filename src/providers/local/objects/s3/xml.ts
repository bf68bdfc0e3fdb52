import { XMLParser } from 'fast-xml-parser'
import { S3Error } from './error.ts'

/** An element: its name, and text or children. `undefined` children are left out. */
export type Element = readonly [
  name: string,
  content: string | number | boolean | readonly (Element | undefined)[],
]

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

export function document(root: string, children: readonly (Element | undefined)[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${inner(children)}</${root}>`
}

/** Errors stand in no namespace. */
export function errorDocument(children: readonly (Element | undefined)[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner(children)}</Error>`
}

function inner(children: readonly (Element | undefined)[]): string {
  return children.map((child) => (child === undefined ? '' : element(child))).join('')
}

function element([name, content]: Element): string {
  const body = typeof content === 'object' ? inner(content) : escapeText(String(content))
  return `<${name}>${body}</${name}>`
}

/** Control characters become references, as S3 writes them. */
function escapeText(text: string): string {
  return text.replace(/[&<>"]|\p{Cc}/gu, (character) => `&#${character.codePointAt(0)};`)
}

/** Values stay text; `isArray` elements are lists even where there is one. No DTD is read: entities cannot grow. */
export function parseXml(text: string, arrays: readonly string[] = []): Readonly<Record<string, unknown>> {
  if (/<!DOCTYPE/i.test(text)) throw malformed('a document type is not allowed')
  try {
    const parser = new XMLParser({
      parseTagValue: false,
      ignoreAttributes: true,
      ignoreDeclaration: true,
      trimValues: false,
      htmlEntities: true,
      isArray: (name) => arrays.includes(name),
    })
    return parser.parse(text, true) as Record<string, unknown>
  } catch (error) {
    throw malformed((error as Error).message)
  }
}

function malformed(why: string): S3Error {
  return new S3Error('MalformedXML', `The XML you provided was not well-formed: ${why}`)
}
