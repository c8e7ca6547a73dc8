import './settings.css'
import { useRoute } from 'preact-iso'
import { Page } from '../parts/page.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { About } from './about.tsx'
import { Channels } from './channels.tsx'
import { Colours } from './colours.tsx'
import { Devices } from './devices.tsx'
import { Passphrase } from './passphrase.tsx'
import { Push } from './push.tsx'
import { QuietHours } from './quiet-hours.tsx'

const PARTS = {
  devices: { name: 'Devices', part: Devices },
  notifications: { name: 'Notifications', part: Notifications },
  passphrase: { name: 'Passphrase', part: Passphrase },
  display: { name: 'Display', part: Colours },
  about: { name: 'About', part: About },
} as const

const TABS = Object.entries(PARTS).map(([section, { name }]) => ({ path: `/settings/${section}`, name }))

/** What this person, and this device, want. */
export function SettingsPage() {
  const { section = 'devices' } = useRoute().params
  const { part: Part } = PARTS[section as keyof typeof PARTS] ?? PARTS.devices
  return (
    <Page title="Settings">
      <Tabs label="Settings" of={TABS} at={`/settings/${section}`} />
      <Part />
    </Page>
  )
}

function Notifications() {
  return (
    <>
      <Push />
      <QuietHours />
      <Channels />
    </>
  )
}
