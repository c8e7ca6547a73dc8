import { Page } from '../parts/page.tsx'

export function ThreadPage() {
  return <Page title="Thread">{null}</Page>
}
