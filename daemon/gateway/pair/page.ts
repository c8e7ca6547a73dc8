export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pair with Muster</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="pair.css">
<script type="module" src="pair.js"></script>
</head>
<body>
<main>
<h1>Pair this device</h1>
<form id="form">
<label>Code <input id="code" name="code" required maxlength="32" autocomplete="off" autocapitalize="characters" spellcheck="false"></label>
<label>What this device is called <input id="device" name="device" required maxlength="64"></label>
<button>Pair</button>
</form>
<p id="digits" hidden></p>
<p id="says" role="status"></p>
</main>
</body>
</html>
`

export const STYLE = `:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
main { max-width: 28rem; margin: 10vh auto; padding: 0 1rem }
label { display: block; margin: 1rem 0 }
input { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .5rem }
button { font: inherit; padding: .5rem 1.5rem }
#digits { font-size: 4rem; letter-spacing: .2em; font-variant-numeric: tabular-nums; margin: 1rem 0 }
`

/** Under which name the page keeps its half of the token. */
const STORED = 'muster-device'

export const SCRIPT = `const $ = (id) => document.getElementById(id)
const say = (text) => { $('says').textContent = text }

// The code leaves the address, and with it the history, before anything else happens.
const code = decodeURIComponent(location.hash.slice(1))
if (location.hash) history.replaceState(null, '', location.pathname)
$('code').value = code
$('device').value = /iPhone|iPad|Android|Macintosh|Windows|Linux/.exec(navigator.userAgent)?.[0] ?? 'browser'

const answerOf = async (response) => {
  const body = await response.json()
  if (response.ok) return body
  throw new Error([body.error.message, body.error.hint].filter(Boolean).join(' '))
}

async function confirmed(half, endsAt) {
  while (Date.now() < endsAt) {
    const response = await fetch('v1/devices', { headers: { 'muster-device': half } })
    if (response.ok) return true
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  return false
}

$('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  $('form').hidden = true
  try {
    const body = JSON.stringify({ code: $('code').value, device: $('device').value })
    const { pairing, half } = await answerOf(await fetch('pair', { method: 'POST', headers: { 'content-type': 'application/json' }, body }))
    localStorage.setItem('${STORED}', half)
    $('digits').textContent = pairing.comparison
    $('digits').hidden = false
    say('Confirm these digits where the pairing was begun' + (pairing.first ? '. This is the first device of this node: whoever has it decides for its person.' : ', or on a device that is paired.'))
    const waitMs = Date.parse(pairing.expiresAt) - Date.parse(pairing.createdAt)
    const isPaired = await confirmed(half, Date.now() + waitMs)
    $('digits').hidden = true
    if (!isPaired) localStorage.removeItem('${STORED}')
    if (isPaired) location.replace('/')
    else say('Nobody confirmed it. Begin again.')
  } catch (error) {
    $('form').hidden = false
    say(error.message)
  }
})
`
