/** For a device that speaks for nobody, and one that does not any more. */
export function Unpaired() {
  return (
    <main class="unpaired" id="main">
      <h1>Muster</h1>
      <p>This device is not paired, so it speaks for nobody here.</p>
      <ol>
        <li>
          On the machine of the daemon, run <code>muster pair</code>.
        </li>
        <li>Scan what it shows with this phone, or open the pairing page here and type the code.</li>
        <li>Compare the four digits, and confirm them there.</li>
      </ol>
      <p>
        <a class="button primary" href="/pair" rel="external" target="_self">
          Pair this device
        </a>
      </p>
    </main>
  )
}
