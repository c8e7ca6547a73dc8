import { Page } from '../parts/page.tsx'

export function SchedulesPage() {
  return <Page title="Schedules">{null}</Page>
}
