/** The package's own types are declared under the name of the project that it was forked from. */
declare module '@mixmark-io/domino' {
  /** A DOM document; its type is that of the library that draws into it. */
  export function createDocument(html?: string): unknown
}
