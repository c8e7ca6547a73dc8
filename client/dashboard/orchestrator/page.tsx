import { Page } from '../parts/page.tsx'

export function OrchestratorPage() {
  return <Page title="Orchestrator">{null}</Page>
}
