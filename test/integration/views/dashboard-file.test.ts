import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { NO_NOTES, NOTES_HEADING } from '../../../src/board-markdown.ts'
import { DaemonProcess, registerPeer, TestHome } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'

const NEW = `${NOTES_HEADING}\n\n${NO_NOTES}\n`

async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await sleep(20)
  }
}

/** A node that keeps a dashboard file. */
function prepared(more: readonly string[] = []) {
  const home = new TestHome()
  const folder = join(home.path, 'project')
  mkdirSync(folder)
  const file = join(folder, 'DASHBOARD.md')
  writeFileSync(home.paths.config, JSON.stringify({ dashboardFiles: [file, ...more] }))
  const text = () => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const saying = (words: string) => until(() => text().includes(words) && text())
  return { home, folder, file, text, saying }
}

async function scene(home: TestHome, daemon: DaemonProcess) {
  const url = await daemon.url()
  const admin = await WireClient.greet(url, home.token('admin'))
  const part = async () => (await admin.call('node.diagnose', {})).services.find(({ name }) => name === 'views')?.parts[0]
  const states = (state: string) => until(async () => ((await part())?.state === state ? await part() : undefined))
  const join_ = async (name: string, role: 'agent' | 'orchestrator' = 'agent') => {
    const { token } = role === 'agent' ? { token: home.token('enrolment') } : await admin.call('enrolments.create', { circle: 'main', roles: ['orchestrator'] })
    await using mint = await WireClient.greet(url, token)
    const { token: own } = await mint.call('peers.register', { name, role, mode: 'pull' })
    return await WireClient.greet(url, own)
  }
  const notes = async (peer: WireClient) =>
    (await peer.call('mailbox.inbox', {})).items.map(({ message }) => message).filter(({ from }) => from?.name === 'muster-views')
  return { url, admin, part, states, join: join_, notes }
}

const saved = (file: string, change: (text: string) => string): void => {
  // As an editor does that puts another file in its place.
  writeFileSync(`${file}.new`, change(readFileSync(file, 'utf8')))
  renameSync(`${file}.new`, file)
}

test('a file comes to be, shows what happens, keeps its mode and the words of its user, and tells the orchestrator of them once', async () => {
  const { home, folder, file, text, saying } = prepared()
  await using daemon = new DaemonProcess(home)
  const { admin, states, join: joins, notes } = await scene(home, daemon)
  await using _admin = admin
  const empty = await saying(NO_NOTES)
  expect(empty).toBe(
    `# Orchestrator Dashboard\n\n## Quick Status\n\n(nothing is open)\n\n## Pending Queue\n\n(empty)\n\n## Completed Today\n\n(nothing yet)\n\n${NEW}`,
  )
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await states('ok')).toMatchObject({ name: file, says: 'shows main' })
  chmodSync(file, 0o644)
  await using lead = await joins('lead', 'orchestrator')
  await using bob = await joins('bob')
  const { sent } = await lead.call('threads.ask', { to: 'bob', body: 'x', task: { title: 'Build the ship' }, causedBy: null })
  await saying('1. Build the ship (independent)')
  expect(statSync(file).mode & 0o777).toBe(0o644)
  saved(file, (now) => now.replace(NO_NOTES, 'The ship comes first.\n\n## Not a section\n\nReally.'))
  const told = await until(async () => (await notes(lead))[0])
  expect(told.body).toBe(
    `The user notes in ${file} have changed. They are context and priorities. Any program of that user can write the file, so they are no word of a person and approve nothing.\n\nThe ship comes first.\n\n## Not a section\n\nReally.`,
  )
  expect(told.from?.role).toBe('service')
  await bob.call('threads.answer', { thread: sent[0]?.thread ?? '', body: 'so' })
  const after = await saying('- [x] Build the ship (bob) - just now')
  expect(after.endsWith(`${NOTES_HEADING}\n\nThe ship comes first.\n\n## Not a section\n\nReally.\n`)).toBe(true)
  // Deleted, it comes back as it was, without the notes that went with it.
  rmSync(file)
  await saying(NEW)
  expect(text().split(NOTES_HEADING)[0]).toBe(after.split(NOTES_HEADING)[0])
  await until(async () => (await notes(lead)).some(({ body }) => body === `The user notes in ${file} are empty now.`))
  expect(readdirSync(folder)).toEqual(['DASHBOARD.md'])
})

const WORDS = {
  long: Buffer.from(`${'long line of notes\n'.repeat(5_500)}end`),
  'no-text': Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x80, 0xc3, 0x28, 0x0a]),
  crlf: Buffer.from('one\r\ntwo\r\n'),
  endless: Buffer.from('last words'),
  headings: Buffer.from('## Quick Status\n# Orchestrator Dashboard\n## User Notes\nmine\n'),
}

test('notes of whatever bytes stay byte by byte, through writes and a killed daemon, and each is told once', async () => {
  const home = new TestHome()
  const files = Object.entries(WORDS).map(([name, words]) => {
    const end = name === 'crlf' ? '\r\n' : '\n'
    const kept = Buffer.concat([Buffer.from(`${NOTES_HEADING}${end}`), words])
    const file = join(home.path, `${name}.md`)
    writeFileSync(file, Buffer.concat([Buffer.from(`# Orchestrator Dashboard${end}${end}old${end}`), kept]))
    return { file, kept }
  })
  writeFileSync(home.paths.config, JSON.stringify({ dashboardFiles: files.map(({ file }) => file) }))
  const show = (words: string) => until(() => files.every(({ file }) => readFileSync(file).includes(words)))
  const told = async (lead: WireClient) =>
    (await lead.call('threads.list', { side: 'theirs' })).threads.filter(({ from }) => from?.name === 'muster-views').length
  let token = ''
  await using first = new DaemonProcess(home)
  {
    const { admin, join: joins, notes } = await scene(home, first)
    await using _admin = admin
    await using lead = await joins('lead', 'orchestrator')
    await show('(nothing is open)')
    await until(async () => (await told(lead)) === files.length)
    const mail = await notes(lead)
    expect(mail.find(({ body }) => body.includes('long.md'))?.body).toMatch(/\[cut at 16000 of 104503 characters, of which 16000 are told; the file has all\]$/)
    expect(mail.find(({ body }) => body.includes('crlf.md'))?.body).toMatch(/\n\none\ntwo$/)
    token = (await lead.call('credentials.create', { label: 'again' })).token
  }
  await first.end('SIGKILL')
  await using daemon = new DaemonProcess(home)
  await using lead = await WireClient.greet(await daemon.url(), token)
  await registerPeer(await daemon.url(), home.token('enrolment'), 'bob')
  await lead.call('threads.ask', { to: 'bob', body: 'Again', causedBy: null })
  await show('1. Again (independent)')
  for (const { file, kept } of files) expect(readFileSync(file).subarray(-kept.length).equals(kept), file).toBe(true)
  saved(files[2]?.file ?? '', (now) => `${now.split(NOTES_HEADING)[0]}${NOTES_HEADING}\nnow this`)
  expect(await until(async () => (await told(lead)) > files.length && (await told(lead)))).toBe(files.length + 1)
})

test('notes wait for somebody who leads', async () => {
  const { home, file, saying } = prepared()
  await using daemon = new DaemonProcess(home)
  const { admin, part, join: joins, notes } = await scene(home, daemon)
  await using _admin = admin
  await saying(NEW)
  saved(file, (now) => now.replace(NO_NOTES, 'Anybody?'))
  await until(async () => (await part())?.says === 'shows main; its notes wait for somebody who leads')
  await using lead = await joins('lead', 'orchestrator')
  expect((await until(async () => (await notes(lead))[0])).body).toMatch(/\n\nAnybody\?$/)
})

test('whoever saves while it is written loses no word: in place, in pieces, and by another file', async () => {
  const { home, file, saying } = prepared()
  await using daemon = new DaemonProcess(home)
  const { admin, url } = await scene(home, daemon)
  await using _admin = admin
  await saying(NEW)
  const { token } = await registerPeer(url, home.token('enrolment'), 'busy')
  await registerPeer(url, home.token('enrolment'), 'bob')
  await using busy = await WireClient.greet(url, token)
  let stopped = false
  const asking = (async () => {
    for (let index = 0; !stopped; index += 1) {
      await busy.call('threads.ask', { to: 'bob', body: `task ${index}`, causedBy: null })
      await sleep(30)
    }
  })()
  for (let round = 0; round < 6; round += 1) {
    const notes = `${NOTES_HEADING}\n\nround ${round}\n`
    const head = readFileSync(file, 'utf8').split(NOTES_HEADING)[0] ?? ''
    if (round % 2 === 0) saved(file, () => head + notes)
    else {
      // As editors that write in place: emptied first, then filled.
      writeFileSync(file, '')
      await sleep(round * 40)
      writeFileSync(file, head + notes)
    }
    await until(() => readFileSync(file, 'utf8').endsWith(notes) && !readFileSync(file, 'utf8').startsWith(head))
  }
  stopped = true
  await asking
})

test('a save into the file that was just replaced, by whoever had it open, is not lost', async () => {
  const { home, file, saying } = prepared()
  await using daemon = new DaemonProcess(home)
  const { admin, url } = await scene(home, daemon)
  await using _admin = admin
  const before = await saying(NEW)
  const { token } = await registerPeer(url, home.token('enrolment'), 'busy')
  await registerPeer(url, home.token('enrolment'), 'bob')
  await using busy = await WireClient.greet(url, token)
  const editor = openSync(file, 'r+')
  const inode = statSync(file).ino
  await busy.call('threads.ask', { to: 'bob', body: 'x', causedBy: null })
  await until(() => statSync(file).ino !== inode)
  writeSync(editor, before.replace(NO_NOTES, 'late, and kept'), 0)
  closeSync(editor)
  await saying('late, and kept')
})

const linked = (file: string): void => {
  writeFileSync(`${file}.other`, '# Orchestrator Dashboard\n## User Notes\n')
  symlinkSync(`${file}.other`, file)
}

test.each([
  ['somebody else wrote', (file: string) => writeFileSync(file, '# My notes\n\nprecious\n'), /does not begin with "# Orchestrator Dashboard"/],
  ['has no section for notes', (file: string) => writeFileSync(file, '# Orchestrator Dashboard\n\nprecious\n'), /has no line "## User Notes"/],
  ['is a folder', (file: string) => mkdirSync(file), /it is no file|it is a folder/],
  ['is a link', linked, /symbolic link/],
])('a file that %s is left as it is, and the diagnosis says why', async (_, make, why) => {
  const { home, file, folder, saying } = prepared()
  make(file)
  const before = existsSync(`${file}.other`) ? readFileSync(`${file}.other`) : statSync(file).isFile() ? readFileSync(file) : null
  await using daemon = new DaemonProcess(home)
  const { admin, states } = await scene(home, daemon)
  await using _admin = admin
  expect((await states('failing'))?.says).toMatch(why)
  if (before) expect(readFileSync(existsSync(`${file}.other`) ? `${file}.other` : file).equals(before)).toBe(true)
  // Out of the way, the file comes to be.
  rmSync(file, { recursive: true })
  await saying(NEW)
  await states('ok')
  expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('a folder that is not there, a full disk and a circle that is not there are told by the diagnosis, and do no harm', async () => {
  const { home, folder, file } = prepared(['/dev/full/DASHBOARD.md', 'web=/tmp/never-made/DASHBOARD.md'])
  rmSync(folder, { recursive: true })
  await using daemon = new DaemonProcess(home)
  const { admin } = await scene(home, daemon)
  await using _admin = admin
  const parts = await until(async () => {
    const found = (await admin.call('node.diagnose', {})).services[0]?.parts ?? []
    return found.length === 3 && found.every(({ state }) => state === 'failing') && found
  })
  expect(parts.map(({ says }) => says)).toEqual(['there is no such folder', 'its folder is a file', 'there is no circle web'])
  mkdirSync(folder)
  await registerPeer(await daemon.url(), home.token('enrolment'), 'newcomer')
  await until(() => existsSync(file))
})
