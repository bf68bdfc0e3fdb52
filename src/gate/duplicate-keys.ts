/**
 * Keys that stand twice in one object of a JSON text, as paths (`metrics.challenger.f1`). JSON.parse keeps the last one and
 * says nothing, so a metric could be there twice with two values. The text must be valid JSON (bare NaN and Infinity are
 * fine).
 */
export function duplicateKeys(text: string): string[] {
  const found: string[] = []
  const stack: { keys: Set<string> | null; path: string; index: number }[] = []
  let key = ''
  let expectsKey = false
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const top = stack.at(-1)
    const here =
      top === undefined ? '' : top.keys === null ? `${top.path}[${top.index}]` : joined(top.path, key)
    switch (token) {
      case '{':
        stack.push({ keys: new Set(), path: here, index: 0 })
        expectsKey = true
        break
      case '[':
        stack.push({ keys: null, path: here, index: 0 })
        expectsKey = false
        break
      case '}':
      case ']':
        stack.pop()
        expectsKey = false
        break
      case ',':
        if (top !== undefined) top.index++
        expectsKey = top !== undefined && top.keys !== null
        break
      case ':':
        expectsKey = false
        break
      default:
        if (!expectsKey || top === undefined || top.keys === null) break
        key = JSON.parse(token) as string
        if (top.keys.has(key)) found.push(joined(top.path, key))
        top.keys.add(key)
    }
  }
  return found
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
