import { ErrorBoundary, LocationProvider, lazy, Route, Router } from 'preact-iso'
import { NowPage } from '../now/page.tsx'
import { Page } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'
import { connection } from '../session/connection.ts'
import { Nav } from './nav.tsx'
import { Palette } from './palette.tsx'
import { Shortcuts } from './shortcuts.tsx'
import { Toasts } from './toasts.tsx'
import { Unpaired } from './unpaired.tsx'

const CardPage = lazy(() => import('../cards/page.tsx').then(({ CardPage }) => CardPage))
const CardsPage = lazy(() => import('../cards/list.tsx').then(({ CardsPage }) => CardsPage))
const ApprovalsPage = lazy(() => import('../cards/approvals.tsx').then(({ ApprovalsPage }) => ApprovalsPage))
const TiersPage = lazy(() => import('../cards/tiers.tsx').then(({ TiersPage }) => TiersPage))
const OrchestratorPage = lazy(() => import('../orchestrator/page.tsx').then(({ OrchestratorPage }) => OrchestratorPage))
const ThreadsPage = lazy(() => import('../threads/page.tsx').then(({ ThreadsPage }) => ThreadsPage))
const ComposePage = lazy(() => import('../threads/compose.tsx').then(({ ComposePage }) => ComposePage))
const CrewPage = lazy(() => import('../crew/list.tsx').then(({ CrewPage }) => CrewPage))
const PeerPage = lazy(() => import('../crew/page.tsx').then(({ PeerPage }) => PeerPage))
const SchedulesPage = lazy(() => import('../schedules/list.tsx').then(({ SchedulesPage }) => SchedulesPage))
const SchedulePage = lazy(() => import('../schedules/page.tsx').then(({ SchedulePage }) => SchedulePage))
const ReviewsPage = lazy(() => import('../reviews/list.tsx').then(({ ReviewsPage }) => ReviewsPage))
const ReviewPage = lazy(() => import('../reviews/page.tsx').then(({ ReviewPage }) => ReviewPage))
const TimelinePage = lazy(() => import('../timeline/page.tsx').then(({ TimelinePage }) => TimelinePage))
const MessagePage = lazy(() => import('../timeline/message.tsx').then(({ MessagePage }) => MessagePage))
const HealthPage = lazy(() => import('../health/page.tsx').then(({ HealthPage }) => HealthPage))
const SettingsPage = lazy(() => import('../settings/page.tsx').then(({ SettingsPage }) => SettingsPage))

/** The whole dashboard. What is not on the first screen is loaded when somebody goes there. */
export function App() {
  if (connection.value.state === 'unpaired') return <Unpaired />
  return (
    <LocationProvider scope={/^(?!\/(?:v1|pair|mcp|metrics|health)(?:\/|$))/}>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Nav />
      <main id="main" tabIndex={-1}>
        <ErrorBoundary>
          <Router>
            <Route path="/" component={NowPage} />
            <Route path="/cards" component={CardsPage} />
            <Route path="/cards/:card" component={CardPage} />
            <Route path="/approvals" component={ApprovalsPage} />
            <Route path="/tiers" component={TiersPage} />
            <Route path="/orchestrator" component={OrchestratorPage} />
            <Route path="/threads" component={ThreadsPage} />
            <Route path="/threads/new" component={ComposePage} />
            <Route path="/threads/:thread" component={ThreadsPage} />
            <Route path="/crew" component={CrewPage} />
            <Route path="/crew/:peer" component={PeerPage} />
            <Route path="/schedules" component={SchedulesPage} />
            <Route path="/schedules/:schedule" component={SchedulePage} />
            <Route path="/reviews" component={ReviewsPage} />
            <Route path="/reviews/:review" component={ReviewPage} />
            <Route path="/timeline" component={TimelinePage} />
            <Route path="/messages/:message" component={MessagePage} />
            <Route path="/node" component={HealthPage} />
            <Route path="/settings" component={SettingsPage} />
            <Route path="/settings/:section" component={SettingsPage} />
            <Route default component={NotHere} />
          </Router>
        </ErrorBoundary>
      </main>
      <Toasts />
      <Palette />
      <Shortcuts />
    </LocationProvider>
  )
}

function NotHere() {
  return (
    <Page title="Nothing here">
      <Empty title="There is no such page.">
        <p>
          It may have moved. <a href="/">What needs you</a> is a good place to start.
        </p>
      </Empty>
    </Page>
  )
}
