/** The sessions domain: where the agent sessions of pull peers stand, what their hooks carry, and when they are woken. */
export { asPullPeer, createBoundary } from './boundary.ts'
export { SessionRegistry } from './registry.ts'
