/** What others use of this folder: dist/ holds it once, in one file with YAML and the validator (scripts/bundle.ts). */
export { keyOffset, nodeAt, plainValue, show, showPath } from './document.ts'
export { hint } from './hint.ts'
export { loadDocument, loadSystem, selectEnvironment } from './load.ts'
export { parseSource } from './source.ts'
export { displayName, readText } from './text.ts'
