import { Page } from '../parts/page.tsx'

export function CrewPage() {
  return <Page title="Crew">{null}</Page>
}
