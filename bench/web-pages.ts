/**
 * Lighthouse on the WebAdmin and the WebClient of a product that runs from the sources with the built pages, and the
 * size of what each app loads first. `npm run bench:web` prints tables and one line of JSON; a number as argument sets
 * the runs of each page, of which the median counts; `--no-build` takes the pages that are there.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adminName, adminPassword, startProduct, type Product } from '../test/support/product.ts'
import { runProgram } from '../test/support/run-program.ts'
import { initialFiles } from './web/initial-files.ts'
import {
  inspect,
  installLighthouse,
  medianOf,
  type Finding,
  type Preset,
  type Visit,
} from './web/lighthouse.ts'
import { renderReport, type PageRow, type SizeRow } from './web/report.ts'
import { openSignedInBrowser } from './web/signed-in-browser.ts'

const root = join(import.meta.dirname, '..')
const runs = Number(process.argv.slice(2).find((argument) => /^\d+$/.test(argument)) ?? 1)
const presets: readonly Preset[] = ['desktop', 'mobile']
/** A page of sign-in is shown to strangers, others to those who have signed in. */
const pages = [
  { page: 'web/admin/login', isSignedIn: false },
  { page: 'web/client/login', isSignedIn: false },
  { page: 'web/admin/users', isSignedIn: true },
  { page: 'web/client/files', isSignedIn: true },
] as const
const username = 'user-000'
const userCount = 200
const fileCount = 500

async function build(): Promise<void> {
  if (process.argv.includes('--no-build')) return
  const { isOk, stderr } = await runProgram('npm', ['run', 'build:web'], { cwd: root, timeoutMs: 180_000 })
  if (!isOk) throw new Error(`the pages cannot be built: ${stderr}`)
}

/** As many accounts and files as make lists long. */
async function seed(product: Product): Promise<void> {
  const numbers = (count: number) =>
    Array.from({ length: count }, (_, index) => String(index).padStart(3, '0'))
  // The password costs seconds to hash for all of them; one has to sign in.
  await product.addUser(username)
  for (const number of numbers(userCount).slice(1))
    await product.addUser(`user-${number}`, { password: undefined, public_keys: [] })
  const home = product.homeOf(username)
  await mkdir(join(home, 'Pictures'), { recursive: true })
  for (const number of numbers(fileCount)) await writeFile(join(home, `report-${number}.txt`), number)
}

async function measure(product: Product, isSignedIn: boolean): Promise<PageRow[]> {
  const accounts = [
    { kind: 'admin', username: adminName, password: adminPassword },
    { kind: 'user', username, password: `${username}-password` },
  ] as const
  await using browser = await openSignedInBrowser(product.httpUrl, isSignedIn ? accounts : [])
  const rows: PageRow[] = []
  for (const { page } of pages.filter((each) => each.isSignedIn === isSignedIn))
    for (const preset of presets) {
      const findings = await inspectOften({
        url: `${product.httpUrl}/${page}`,
        preset,
        port: browser.debugPort,
        isSignedIn,
      })
      const row = { page, preset, finding: medianOf(findings) }
      console.error(JSON.stringify(row))
      rows.push(row)
    }
  return rows
}

async function inspectOften(visit: Visit): Promise<Finding[]> {
  const findings: Finding[] = []
  for (let run = 0; run < runs; run++)
    try {
      findings.push(await inspect(visit))
    } catch (error) {
      console.error(error instanceof Error ? error.message : String(error))
    }
  return findings
}

async function readSizes(): Promise<SizeRow[]> {
  const sizeOf = async (app: string, page: string) => ({
    app,
    files: await initialFiles(join(root, 'build/web'), page),
  })
  return [await sizeOf('WebAdmin', 'admin.html'), await sizeOf('WebClient', 'client.html')]
}

await build()
await installLighthouse()
await using product = await startProduct()
await seed(product)
const rows = [...(await measure(product, false)), ...(await measure(product, true))]
if (rows.some(({ finding }) => finding === undefined)) process.exitCode = 1
const sizes = await readSizes()
console.log(`${renderReport(rows, sizes)}\n`)
console.log(JSON.stringify({ node: process.version, runs, pages: rows, sizes }))
