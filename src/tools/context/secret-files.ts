/**
 * Files that never enter an image or an artifact, whatever .dockerignore says (promise R46). They are told by name alone:
 * whoever reads this list knows what stays behind. Case does not matter, because it does not on macOS and Windows.
 *
 * `.env*` has no exceptions: an example file (`.env.example`) is for people, and no program needs it at run time.
 */
const SECRET_NAMES: readonly { readonly pattern: RegExp; readonly shown: string }[] = [
  { pattern: /^\.git$/, shown: '.git' },
  { pattern: /^\.terraform$/, shown: '.terraform' },
  { pattern: /\.tfstate/, shown: '*.tfstate*' },
  { pattern: /\.tfplan$/, shown: '*.tfplan' },
  { pattern: /^\.env/, shown: '.env*' },
  { pattern: /^gha-creds-.*\.json$/, shown: 'gha-creds-*.json' },
  { pattern: /^\.npmrc$/, shown: '.npmrc' },
  { pattern: /^\.aws$/, shown: '.aws' },
  { pattern: /^\.ssh$/, shown: '.ssh' },
  { pattern: /^\.sluice$/, shown: '.sluice' },
  { pattern: /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, shown: 'private keys (id_rsa, id_ed25519, ...)' },
  { pattern: /(?:^privkey.*|[-_]key)\.pem$/, shown: 'private keys (privkey*.pem, *-key.pem)' },
  { pattern: /\.(?:key|p12|pfx|ppk)$/, shown: 'private keys (*.key, *.p12, *.pfx, *.ppk)' },
]

/** Asked of every name: whether any rule may fit. */
const ANY = new RegExp(SECRET_NAMES.map(({ pattern }) => pattern.source).join('|'))

/** The rule that keeps a file or folder of this name out; undefined where none does. */
export function secretRule(name: string): string | undefined {
  const folded = name.normalize('NFC').toLowerCase()
  if (!ANY.test(folded)) return undefined
  return SECRET_NAMES.find(({ pattern }) => pattern.test(folded))?.shown
}

/** The same for a path: a secret folder keeps out everything below it. */
export function secretRuleOfPath(path: string): string | undefined {
  for (const name of path.split('/')) {
    const rule = secretRule(name)
    if (rule !== undefined) return rule
  }
  return undefined
}
