/** The style of the reference page: system fonts, light and dark, from 320 pixels on. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5b6570; --line: #dde1e6; --ground: #ffffff; --panel: #f5f7f9; --link: #0b5cad;
  --get: #0a6b52; --post: #0b5cad; --patch: #7a4d00; --delete: #a61b2b }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa5b1; --line: #2f363d; --ground: #14181c; --panel: #1c2126; --link: #7ab8ff;
  --get: #5fd3ae; --post: #7ab8ff; --patch: #e6b366; --delete: #ff8a93 } }
* { box-sizing: border-box }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100% }
body { margin: 0; color: var(--ink); background: var(--ground); font: 16px/1.55 system-ui, sans-serif }
a { color: var(--link); text-decoration: none }
a:hover, a:focus-visible { text-decoration: underline }
code, pre { font: 0.875em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace }
code { overflow-wrap: anywhere }
pre { margin: 0.75rem 0; padding: 0.75rem 1rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 6px }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25 }
h2 { margin: 3rem 0 0.25rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.375rem }
h3 { margin: 0 0 0.25rem; font-size: 1rem; font-weight: 600; overflow-wrap: anywhere }
h4 { margin: 1rem 0 0.25rem; font-size: 0.8125rem; font-weight: 600; color: var(--soft) }
p { margin: 0.5rem 0; max-width: 42rem }
nav { display: flex; flex-wrap: wrap; gap: 0 1.25rem; margin-bottom: 1.5rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line) }
nav > a { padding: 0.375rem 0 }
nav ul { display: none; margin: 0.125rem 0 0.75rem; padding: 0; list-style: none }
nav li { padding: 0.125rem 0; font-size: 0.875rem }
main { min-width: 0 }
article { margin: 1.5rem 0 2.5rem }
.page { display: block; max-width: 76rem; margin: 0 auto; padding: 1rem }
.soft { color: var(--soft) }
.method { display: inline-block; min-width: 3.75rem; font: 600 0.8125rem ui-monospace, "SFMono-Regular", Menlo, monospace; color: var(--post) }
.get { color: var(--get) } .patch, .put { color: var(--patch) } .delete { color: var(--delete) }
dl { margin: 0; border-bottom: 1px solid var(--line) }
dl > div { padding: 0.4375rem 0; border-top: 1px solid var(--line) }
dt, dd { margin: 0; overflow-wrap: anywhere }
.statuses { display: flex; flex-wrap: wrap; gap: 0.25rem 0.75rem; margin: 0.25rem 0; padding: 0; list-style: none }
@media (min-width: 60rem) {
  .page { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 3rem; padding: 2rem }
  nav { display: block; position: sticky; top: 0; align-self: start; max-height: 100vh; margin: 0; padding: 0.5rem 0 2rem; border: 0; overflow-y: auto }
  nav > a { display: block; padding: 0; font-weight: 600; color: var(--ink) }
  nav ul { display: block }
  dl > div { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 1rem }
}
@media print { nav { display: none } .page { display: block } }
`
