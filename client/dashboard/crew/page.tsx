import { Page } from '../parts/page.tsx'

export function PeerPage() {
  return <Page title="Peer">{null}</Page>
}
