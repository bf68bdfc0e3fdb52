export { containerSource } from './container-source.ts'
export { type ImagesOptions, openImages } from './store.ts'
