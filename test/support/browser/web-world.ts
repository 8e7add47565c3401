import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Frame, Page } from 'playwright-core'
import { startFakeThinger, type FakeThinger } from '../fake-thinger/fake-thinger.ts'
import type { FakeThingerOptions, Quirks } from '../fake-thinger/options.ts'
import { adminName, adminPassword, startProduct, type Product } from '../product.ts'
import { PageWatch, type Failure } from './page-watch.ts'
import { sharedChromium } from './shared-chromium.ts'

const root = join(import.meta.dirname, '../../..')
const screenshotsDirectory = join(root, 'test-artifacts/web')
const patienceMs = 15_000

export interface Viewport {
  readonly width: number
  readonly height: number
}

export interface WebWorldOptions {
  /** Ways of the platform; they can be changed while it runs. */
  readonly quirks?: Quirks
  /** Storages, proxies and accounts of the platform. */
  readonly platform?: Pick<FakeThingerOptions, 'storages' | 'proxies' | 'users'>
  readonly env?: Readonly<Record<string, string>>
  /** What the browser asks for, e.g. 'es-ES'. */
  readonly language?: string
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: Viewport
}

interface Parts {
  readonly platform: FakeThinger
  readonly product: Product
  readonly context: BrowserContext
  readonly watch: PageWatch
  readonly url: string
  readonly page: Page
  readonly frame: Frame
}

/** A Thinger.io account with the plugin installed, and a browser whose owner looks at it in the console. */
export class WebWorld implements AsyncDisposable {
  readonly platform: FakeThinger
  readonly product: Product
  /** Cookies and settings of the one browser window that all pages share. */
  readonly context: BrowserContext
  /** Where the platform shows the plugin; ends with a slash. */
  readonly url: string
  /** The console. */
  readonly page: Page
  /** The plugin in it. */
  readonly frame: Frame
  readonly #watch: PageWatch
  readonly #stack: AsyncDisposableStack

  constructor({ platform, product, context, watch, url, page, frame }: Parts, stack: AsyncDisposableStack) {
    this.platform = platform
    this.product = product
    this.context = context
    this.url = url
    this.page = page
    this.frame = frame
    this.#watch = watch
    this.#stack = stack
  }

  get consoleErrors(): readonly string[] {
    return this.#watch.consoleErrors
  }

  get foreignRequests(): readonly string[] {
    return this.#watch.foreignRequests
  }

  /** While `action` runs, requests may fail so, and one of them has to. */
  allow<T>(failure: Failure, action: () => Promise<T>, patienceMs?: number): Promise<T> {
    return this.#watch.allow(failure, action, patienceMs)
  }

  /** A tab without the console around it, e.g. of 'web/admin/login'. */
  async openPage(path: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(new URL(path, this.url).href)
    return page
  }

  /** Signs the browser in as the local admin; pages notice when they are loaded the next time. */
  async signInAdmin(username = adminName, password = adminPassword): Promise<void> {
    await this.#signIn('admin', username, password)
  }

  /** Signs the browser in as a user that product.addUser() made. */
  async signInUser(username: string, password = `${username}-password`): Promise<void> {
    await this.#signIn('user', username, password)
  }

  /** Below test-artifacts/web. Answers its path. */
  async screenshot(name: string, page: Page = this.page): Promise<string> {
    const path = join(screenshotsDirectory, `${name}.png`)
    await page.screenshot({ path, animations: 'disabled' })
    return path
  }

  /** @throws when a console showed an error, a request failed, or a page asked for anything foreign */
  assertClean(): void {
    this.#watch.assertClean()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.assertClean()
    } finally {
      await this.#stack.disposeAsync()
    }
  }

  async #signIn(kind: 'admin' | 'user', username: string, password: string): Promise<void> {
    const address = new URL(`api/v2/session/${kind}`, this.url).href
    const answer = await this.context.request.post(address, { data: { username, password } })
    if (!answer.ok()) throw new Error(`${username} cannot sign in: ${answer.status()} ${await answer.text()}`)
  }
}

export async function openWebWorld(options: WebWorldOptions = {}): Promise<WebWorld> {
  if (!existsSync(join(root, 'build/web/admin.html')))
    throw new Error('The web pages are not built: run npm run build:web first')
  await using stack = new AsyncDisposableStack()
  const platform = stack.use(await startFakeThinger({ ...options.platform, quirks: options.quirks ?? {} }))
  const { user, plugin } = platform.world.plugin
  const env = { ...pluginSettings(platform), ...options.env }
  const product = stack.use(await startProduct({ env }))
  platform.showPlugin(product.httpUrl)
  const url = `${platform.url}/users/${user}/plugins/${plugin}/`
  const console = `${platform.url}/console/`
  const context = await openContext(stack, options)
  const watch = new PageWatch(context, (requested) => requested.startsWith(url) || requested === console)
  await signInAtConsole(context, platform)
  const page = await context.newPage()
  await page.goto(console)
  const frame = await (await page.waitForSelector('iframe')).contentFrame()
  if (frame === null) throw new Error('the console has no frame')
  return new WebWorld({ platform, product, context, watch, url, page, frame }, stack.move())
}

async function openContext(stack: AsyncDisposableStack, options: WebWorldOptions): Promise<BrowserContext> {
  const { language = 'en-US', colorScheme = 'light', viewport = { width: 1280, height: 800 } } = options
  const browser = await sharedChromium()
  const context = await browser.newContext({
    ...{ locale: language, colorScheme, viewport },
    reducedMotion: 'reduce',
  })
  stack.defer(() => context.close())
  context.setDefaultTimeout(patienceMs)
  return context
}

async function signInAtConsole(context: BrowserContext, platform: FakeThinger): Promise<void> {
  const owner = platform.world.findUser(platform.world.plugin.user)
  const form = { user: owner?.user ?? '', password: owner?.password ?? '' }
  const answer = await context.request.post(`${platform.url}/console/login`, { form })
  if (!answer.ok()) throw new Error(`the console refuses the sign-in: ${answer.status()}`)
}

function pluginSettings(platform: FakeThinger): Record<string, string> {
  const { user, plugin } = platform.world.plugin
  return {
    THINGER_HOST: '127.0.0.1',
    THINGER_USER: user,
    THINGER_PLUGIN: plugin,
    THINGER_TOKEN_SFTPGO_PLUGIN: platform.pluginToken,
    THINGER_API_URL: platform.url,
  }
}
