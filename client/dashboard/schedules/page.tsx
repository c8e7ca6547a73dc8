import { Page } from '../parts/page.tsx'

export function SchedulePage() {
  return <Page title="Schedule">{null}</Page>
}
