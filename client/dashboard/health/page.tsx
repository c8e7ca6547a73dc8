import { Page } from '../parts/page.tsx'

export function HealthPage() {
  return <Page title="Health">{null}</Page>
}
