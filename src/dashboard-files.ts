/** What is written there is Markdown, so that no other file can be named by a slip. */
const ENTRY = /^(?:([A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?)=)?(\/[^\0\n,]{1,4090}\.md)$/

/** The setting that names files which the daemon keeps as the boards of circles are. */
export const DASHBOARD_FILES = {
  of: 'daemon',
  files: ['user'],
  variable: 'MUSTER_DASHBOARD_FILES',
  kind: 'list',
  pattern: ENTRY,
  expected: 'files from the root on that end in .md, each behind its circle where that is not main: web=/home/ada/DASHBOARD.md',
  fallback: [],
  summary: 'Files that show who works on what',
} as const

/** The circle and the path of an entry. */
export function readDashboardFile(entry: string): { readonly circle: string; readonly path: string } {
  const [, circle = 'main', path = ''] = ENTRY.exec(entry) ?? []
  return { circle, path }
}
