// Installs what proves the MCP door: the official conformance suite, the official Inspector, and the Node that they need.
// They stay outside the clone. `--list` installs nothing and prints as JSON what is where; null for what is not there.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installedAt, installOnce, toolsCache } from './tools-cache.mjs'

/** Both tools ask for this Node at least. */
const NODE_MAJOR = 22
const NODE_VERSION = '22.23.3'
const NODE_PACKAGE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

const PROGRAMS = {
  node: { name: 'node', version: NODE_VERSION, packages: [`${NODE_PACKAGE}@${NODE_VERSION}`], entry: `node_modules/${NODE_PACKAGE}/bin/node` },
  conformance: {
    name: 'mcp-conformance',
    version: '0.2.0-alpha.12',
    packages: ['@modelcontextprotocol/conformance@0.2.0-alpha.12'],
    entry: 'node_modules/@modelcontextprotocol/conformance/dist/index.js',
  },
  inspector: {
    name: 'mcp-inspector',
    version: '2.12.0',
    packages: ['@modelcontextprotocol/inspector@2.12.0'],
    entry: 'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
  },
}

/** Where a program is; this very Node where it is new enough. */
function whereIs(name) {
  if (name === 'node' && Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return process.execPath
  const folder = installedAt(PROGRAMS[name])
  const path = folder && join(folder, PROGRAMS[name].entry)
  return path && existsSync(path) ? path : null
}

try {
  const names = Object.keys(PROGRAMS)
  if (!process.argv.includes('--list')) for (const name of names) if (!whereIs(name)) installOnce(PROGRAMS[name])
  const programs = Object.fromEntries(names.map((name) => [name, whereIs(name)]))
  console.log(JSON.stringify({ cache: toolsCache(), programs }))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
