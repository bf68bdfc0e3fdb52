/**
 * The address of the next page (RFC 8288): https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api.
 * Only one of the same origin is followed, since the token goes along.
 */
export function nextPage(link: string | undefined, api: string): string | undefined {
  for (const [, target = '', parameters = ''] of (link ?? '').matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (!/;\s*rel\s*=\s*"?[^";]*\bnext\b/i.test(parameters)) continue
    return URL.canParse(target, api) && new URL(target, api).origin === new URL(api).origin
      ? new URL(target, api).href
      : undefined
  }
  return undefined
}
