import { chromium, type Browser, type BrowserContext } from 'playwright-core'

/**
 * Debian's; nothing is downloaded for the tests. The engine of its Chromium without the windows around it, which cost
 * a test more processor time than the pages do.
 */
const executablePath = '/usr/bin/chromium-headless-shell'

/** Without a sandbox, since tests run as root in containers, and without anything that calls home. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Without a locale it takes names of files for ASCII. */
const env = { ...process.env, LC_ALL: 'C.UTF-8' }

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args, env })
}

/** With one window alone, whose cookies other programs share that drive it through a port of its own choice. */
export function launchProfile(directory: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(directory, {
    executablePath,
    headless: true,
    env,
    args: [...args, '--remote-debugging-port=0'],
  })
}
