/** What counts of a passphrase that was typed: characters that look and mean alike are one (NFKC), and so are runs of spaces; those at the ends do not count. */
export function plainPassphrase(typed: string): string {
  return typed.normalize('NFKC').trim().replaceAll(/\s+/g, ' ')
}
