import './crew.css'
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { Output } from '../../browser.ts'
import { TaskLine } from '../now/crew.tsx'
import { Page } from '../parts/page.tsx'
import { PeerName, Presence, REACH } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { Rename, Retire } from './actions.tsx'
import { PeerHappenings, PeerReviews, PeerSchedules, PeerThreads } from './around.tsx'
import { Role } from './list.tsx'
import { type CrewPeer, sinceOf, tasksByPeer } from './order.ts'

/** Who somebody is, what it does, and what there is between it and the others. */
export function PeerPage() {
  const { peer: id = '' } = useRoute().params
  const found = useLive('peers.get', { peer: id }, ['peer'])
  const [dialog, setDialog] = useState<'rename' | 'retire'>()
  const peer = found.data?.peer
  const close = (): void => setDialog(undefined)
  return (
    <Page title={peer ? visible(peer.name) : 'Peer'} actions={peer && peer.retiredAt === null ? <Write to={peer} /> : null}>
      <Loaded of={found} lines={5}>
        {(data) => (
          <div class="columns wide">
            <div>
              <Who of={data.peer} />
              {data.peer.retiredAt === null && data.peer.role !== 'person' ? <Actions open={setDialog} /> : null}
              <PeerThreads of={data.peer} />
            </div>
            <div class="beside">
              <PeerSchedules of={data.peer} />
              <PeerReviews of={data.peer} />
              <PeerHappenings of={data.peer} />
            </div>
          </div>
        )}
      </Loaded>
      {peer && dialog === 'rename' ? <Rename of={peer} onClose={close} /> : null}
      {peer && dialog === 'retire' ? <Retire of={peer} onClose={close} /> : null}
    </Page>
  )
}

function Write({ to }: { readonly to: CrewPeer }) {
  return (
    <a class="button primary" href={`/threads/new?to=${to.id}`}>
      Write
    </a>
  )
}

/** What a person may do with a peer, which is not with another person. */
function Actions({ open }: { readonly open: (dialog: 'rename' | 'retire') => void }) {
  return (
    <p class="peer-actions">
      <button type="button" class="quiet" onClick={() => open('rename')}>
        Rename…
      </button>
      <button type="button" class="quiet" onClick={() => open('retire')}>
        Retire…
      </button>
    </p>
  )
}

function Who({ of }: { readonly of: CrewPeer }) {
  const board = useLive('board.get', { circle: of.circle }, ['thread', 'peer', 'mailbox'])
  const task: Output<'board.get'>['active'][number] | undefined = tasksByPeer(board.data?.active ?? []).get(of.id)
  const owed = board.data?.pending.filter(({ to }) => to.id === of.id).length ?? 0
  return (
    <section class="panel" aria-label="Who it is">
      <p class="peer-lead">
        {of.retiredAt ? (
          <span class="soft">
            Retired <Time at={of.retiredAt} />
          </span>
        ) : (
          <>
            <Presence of={of} />
            <span class="soft">
              <Time at={sinceOf(of)} as="lasting" />
            </span>
          </>
        )}
        <Role of={of} />
      </p>
      {task ? (
        <p class="peer-says">
          <TaskLine of={task} />
        </p>
      ) : null}
      {of.description ? (
        <p class={task ? 'soft peer-says' : 'peer-says'} dir="auto">
          {visible(of.description)}
        </p>
      ) : null}
      <Facts of={of} owed={owed} />
    </section>
  )
}

function Facts({ of, owed }: { readonly of: CrewPeer; readonly owed: number }) {
  return (
    <dl class="facts">
      <dt>Circle</dt>
      <dd>
        <bdi>{of.circle}</bdi>
      </dd>
      <dt>Runtime</dt>
      <dd>{visible(of.runtime)}</dd>
      {of.capabilities.length > 0 ? (
        <>
          <dt>Capabilities</dt>
          <dd>{of.capabilities.join(', ')}</dd>
        </>
      ) : null}
      {of.retiredAt === null ? (
        <>
          <dt>Reach</dt>
          <dd>{REACH[of.reach]}</dd>
        </>
      ) : null}
      {owed > 0 ? (
        <>
          <dt>Waiting for it</dt>
          <dd>
            {owed} {owed === 1 ? 'ask' : 'asks'}
          </dd>
        </>
      ) : null}
      <dt>Last seen</dt>
      <dd>{of.lastSeenAt ? <Time at={of.lastSeenAt} /> : 'never'}</dd>
      <dt>Joined</dt>
      <dd>
        <Time at={of.createdAt} as="clock" />
        {of.spawnedBy ? (
          <>
            , spawned by <PeerName of={of.spawnedBy} />
          </>
        ) : null}
      </dd>
      <dt>Id</dt>
      <dd>
        <code>{of.id}</code>
      </dd>
    </dl>
  )
}
