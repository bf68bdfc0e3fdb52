/**
 * Keeps what V8 compiled for the next run, in the user's own cache folder: a shared one would let other accounts plant
 * code. Node 20 has no such cache and goes without. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 */
export function keepCompiledCode(env: Readonly<Record<string, string | undefined>>): void {
  const home = env['HOME']
  const caches = env['XDG_CACHE_HOME'] || (home ? `${home}/.cache` : undefined)
  // A relative folder would lie in the project.
  if (caches?.startsWith('/') !== true) return
  const { enableCompileCache } = process.getBuiltinModule('node:module')
  enableCompileCache?.(`${caches}/sluice/compiled`)
}
