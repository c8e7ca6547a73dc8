import { describe, expect, it } from 'vitest'
import { musterPaths } from '../../../src/paths.ts'

describe('the paths', () => {
  it('follow the XDG defaults below the home folder', () => {
    const paths = musterPaths({}, '/home/a')
    expect(paths.config).toBe('/home/a/.config/muster/config.json')
    expect(paths.database).toBe('/home/a/.local/share/muster/muster.db')
    expect(paths.daemonFile).toBe('/home/a/.local/state/muster/daemon.json')
  })

  it('follow the XDG variables, and ignore those that are not absolute', () => {
    const paths = musterPaths({ XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: 'relative', XDG_STATE_HOME: '' }, '/home/a')
    expect(paths.config).toBe('/c/muster/config.json')
    expect(paths.data).toBe('/home/a/.local/share/muster')
    expect(paths.state).toBe('/home/a/.local/state/muster')
  })

  it('are all in one folder with MUSTER_HOME', () => {
    const { peerToken, ...paths } = musterPaths({ MUSTER_HOME: '/m', XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d', XDG_STATE_HOME: '/s' }, '/home/a')
    for (const path of [...Object.values(paths), peerToken('a')]) expect(path).toMatch(/^\/m(\/|$)/)
    expect(paths.database).toBe('/m/muster.db')
    expect(paths.adminToken).toBe('/m/state/admin.token')
  })

  it('of two spellings of a name are one, as the name is', () => {
    const { peerToken } = musterPaths({}, '/home/a')
    expect(peerToken('Ada')).toBe(peerToken('ada'))
  })
})
