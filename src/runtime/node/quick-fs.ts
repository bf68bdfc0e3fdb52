/**
 * node:fs for the start of a door. An `import` of it makes Node load fs/promises and the streams behind it for the names of
 * the module, which costs a sixth of Node's whole start; this asks for the module as it is.
 */
export const quickFs = process.getBuiltinModule('node:fs')
