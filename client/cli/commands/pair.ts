import { setTimeout as pause } from 'node:timers/promises'
import { renderUnicodeCompact } from 'uqr'
import type { Output as Result } from '../../../src/contract/index.ts'
import { daemonAddress } from '../address.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { isConfirmed } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { asReader } from '../open-caller.ts'

type Begun = Result<'pairings.begin'>
type Pairing = Begun['pairing']

const LOOK_MS = 500

export const command: Command = {
  usage: ['pair [--person <name>]'],
  about: [
    'Makes a phone or a browser the device of a person. Shows a code, and as a QR code where the device finds it; the device redeems it once, and both show the same four digits.',
    'The first device of a node is confirmed here, which is why it takes a terminal. Each further one is confirmed on a device that is paired: what lies in files here confers nothing.',
  ],
  flags: { person: { type: 'string', value: 'name', summary: 'Whose device it is (the one person there is; owner at first)' } },
  examples: [
    ['muster pair', 'a device, the first or another one'],
    ['muster pair --person ann', 'a device of ann, who may be new'],
    ['muster devices', 'what is paired'],
  ],
  async run(invocation) {
    const { words, flags, environment, out } = invocation
    if (words.length > 0) throw usageError(`unexpected argument "${words[0]}"`, 'Use: muster pair [--person <name>]')
    const { stdin } = environment
    if (out.json || !('isTTY' in stdin && stdin.isTTY === true)) {
      throw usageError('nobody is at this terminal', 'A device is paired by somebody who sees both screens: run muster pair in a terminal.')
    }
    const person = flags.text('person')
    return await asReader(invocation, async (caller) => {
      const begun = await caller.call('pairings.begin', person === undefined ? {} : { person })
      show(invocation, begun)
      return await follow(invocation, caller, begun.pairing)
    })
  },
}

function show({ out, flags, environment }: Invocation, { pairing, code, url }: Begun): void {
  if (pairing.first) out.line('This node has no person yet: this device makes the first one, who decides for the whole crew. It is logged.')
  if (url === null) {
    out.line(`In a browser on this machine, open ${daemonAddress(flags, environment).url}/pair and give the code:`)
  } else {
    out.line(renderUnicodeCompact(`${url}#${code}`, { border: 2 }))
    out.line(`Or open ${url} and give the code:`)
  }
  out.line()
  out.line(`    ${code}`)
  out.line()
  if (url === null) {
    out.note('A phone cannot reach it: only this machine can. Put TLS in front (tailscale serve, caddy) and set trustedProxy, or give the daemon a certificate')
    out.note('(tlsCert); then muster config set publicUrl https://<name>. See docs/running.md, "Your phone".')
  }
  out.note('Good for five minutes, and once.')
}

async function follow(invocation: Invocation, { call }: Caller, begun: Pairing): Promise<number> {
  const { out, environment } = invocation
  const interrupted = environment.interrupted()
  const look = async () => (await call('pairings.list', {})).pairings.find(({ id }) => id === begun.id)
  let asked = false
  for (;;) {
    const pairing = await look()
    if (!pairing || pairing.state === 'ended') throw notPaired(pairing)
    if (pairing.state === 'paired') {
      out.line(`${pairing.device} is paired, and speaks for ${pairing.person}. muster devices shows what is.`)
      return EXIT.ok
    }
    if (pairing.state === 'redeemed' && !asked) {
      asked = true
      await onRedeemed(invocation, call, pairing)
    }
    await pause(LOOK_MS, undefined, { signal: interrupted }).catch(() => undefined)
    if (interrupted.aborted) {
      await call('pairings.cancel', { pairing: begun.id })
      return EXIT.interrupted
    }
  }
}

async function onRedeemed(invocation: Invocation, call: Caller['call'], { id, device, comparison, first, reused }: Pairing): Promise<void> {
  const { out } = invocation
  if (reused > 0) out.note('Somebody used the code a second time: look twice at the digits.')
  if (!first) return out.line(`"${device}" has redeemed the code and shows ${comparison}. Confirm it on a device that is paired.`)
  const isTheirs = await isConfirmed(invocation, `"${device}" has redeemed the code. Does your device show ${comparison}?`)
  if (isTheirs) await call('pairings.confirm', { pairing: id, comparison: comparison ?? '' })
  else await call('pairings.cancel', { pairing: id })
}

function notPaired(pairing: Pairing | undefined): CliError {
  const reused = pairing !== undefined && pairing.reused > 0 ? ' The code was used twice: by whom else?' : ''
  return new CliError('not_confirmed', `no device was paired: ${pairing?.reason ?? 'the pairing is gone'}${reused}`, {
    hint: 'muster pair begins anew; muster events shows what was tried.',
  })
}
