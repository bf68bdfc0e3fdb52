/**
 * Node's own modules at the moment they are needed. An `import` loads a module, and all that its exports may lead to, before
 * the first line runs: node:http alone takes as long as the whole start of Node, and most runs of a door need none of it.
 */
export const builtin = {
  get childProcess() {
    return process.getBuiltinModule('node:child_process')
  },
  get crypto() {
    return process.getBuiltinModule('node:crypto')
  },
  get http() {
    return process.getBuiltinModule('node:http')
  },
  get https() {
    return process.getBuiltinModule('node:https')
  },
  get stream() {
    return process.getBuiltinModule('node:stream')
  },
  get timers() {
    return process.getBuiltinModule('node:timers/promises')
  },
}
