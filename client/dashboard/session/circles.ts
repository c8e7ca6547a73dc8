import type { Output } from '../../browser.ts'
import { type Live, useLive } from './live.ts'

type Circle = Output<'circles.list'>['circles'][number]

/** In it are the daemon's own programs, with which nobody works. */
const OWN = 'muster'

/** The circles that this person sees into. */
export function useCircles(): Live<readonly Circle[]> {
  const { data, at, error } = useLive('circles.list', {}, ['circle', 'grant', 'peer.registered', 'peer.retired'])
  return { data: data?.circles.filter(({ name }) => name !== OWN), at, error }
}
