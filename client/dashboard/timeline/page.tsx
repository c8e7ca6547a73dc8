import { Page } from '../parts/page.tsx'

export function TimelinePage() {
  return <Page title="Timeline">{null}</Page>
}
