import { render } from 'preact'
import { forgetAll, trim } from './session/cache.ts'
import { connection, peer } from './session/connection.ts'
import { forgetDevice } from './session/device.ts'
import { forgetDrafts } from './session/drafts.ts'
import { followEvents } from './session/events.ts'
import { reloadWhenOutdated } from './session/outdated.ts'
import { forgetOutgoing, resumeOutgoing } from './session/outgoing.ts'
import { lendHalf, takeHalfBack } from './session/push.ts'
import { registerWorker } from './session/worker.ts'
import { App } from './shell/app.tsx'
import './styles/tokens.css'
import './styles/base.css'
import './styles/parts.css'
import './styles/shell.css'

reloadWhenOutdated()
const root = document.getElementById('app')
if (root) render(<App />, root)

let isFollowing = false
connection.subscribe(({ state }) => {
  if (state === 'unpaired') {
    forgetDevice()
    forgetDrafts()
    void forgetAll()
    void forgetOutgoing()
    void takeHalfBack()
  } else if (state === 'online' && !isFollowing) {
    isFollowing = true
    void followEvents()
    void lendHalf()
    void trim()
  }
})
if (connection.peek().state !== 'unpaired') {
  peer()
  void resumeOutgoing()
}
if (import.meta.env.PROD) void registerWorker()
