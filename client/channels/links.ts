/** The address of a path of the dashboard, where people reach it from elsewhere; `undefined` where that was not set. */
export function linkTo(publicUrl: string, path: string): string | undefined {
  return publicUrl === '' ? undefined : `${publicUrl.replace(/\/+$/, '')}${path}`
}
