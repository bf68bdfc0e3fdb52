/** Sections of sluice.yml by the word with which the compiler begins the names of what it makes for them. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  service: ['services'],
  task: ['services'],
  traffic: ['services'],
  pool: ['services'],
  name: ['services', 'apis'],
  alarm: ['services', 'workers', 'functions', 'databases'],
  access: ['services', 'functions', 'workers', 'pipelines'],
  account: ['services', 'functions', 'workers', 'pipelines'],
  image: ['images'],
  step: ['pipelines'],
  pipeline: ['pipelines'],
  bucket: ['buckets'],
  database: ['databases'],
  cache: ['caches'],
  table: ['tables'],
  topic: ['topics'],
  push: ['topics'],
  subscription: ['topics'],
  worker: ['workers'],
  function: ['functions'],
  api: ['apis'],
}

/**
 * The part of sluice.yml that a resource was made for, `services.api`; undefined for what all parts share, such as the
 * network, and for what is no longer in the file.
 *
 * @param name of the resource in its stack: `task-api_definition_624F1AFC`.
 * @param keys parts of sluice.yml: `services.api`.
 */
export function originOf(name: string, keys: readonly string[]): string | undefined {
  const [head = ''] = name.split('_')
  // What connects is what a rule of the network stands for; the internet connects to what it leads to.
  const rule = /^(.+)-to-(.+)$/.exec(head)
  if (rule !== null) {
    const [, from = '', to = ''] = rule
    return keys.find((key) => nameOf(key) === (from === 'internet' ? to : from))
  }
  const words = head.startsWith('firewall-') ? head.slice('firewall-'.length) : head
  const [word = ''] = words.split('-', 1)
  const sections = Object.hasOwn(SECTIONS, word) ? (SECTIONS[word] ?? []) : []
  const rest = words.slice(word.length + 1)
  return keys
    .filter((key) => sections.includes(key.slice(0, key.indexOf('.'))))
    .filter((key) => rest === nameOf(key) || rest.startsWith(`${nameOf(key)}-`))
    .reduce<string | undefined>(
      (best, key) => (best === undefined || key.length > best.length ? key : best),
      undefined,
    )
}

const nameOf = (key: string): string => key.slice(key.indexOf('.') + 1)
