import { Page } from '../parts/page.tsx'

export function ComposePage() {
  return <Page title="New message">{null}</Page>
}
