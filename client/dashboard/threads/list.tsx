import { Page } from '../parts/page.tsx'

export function ThreadsPage() {
  return <Page title="Threads">{null}</Page>
}
