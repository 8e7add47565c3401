import { existsSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../../test/support/run-program.ts'
import { signInToWeb, type WebUser } from '../clients/web-user.ts'
import { timeClient } from '../harness/client.ts'
import { assertSameFile, makeFile, makeTree, shareFile } from '../harness/files.ts'
import type { Row, RowContext, ServerUnderTest } from '../harness/row.ts'
import { ZipShell } from '../servers/zip.ts'

const gibibyte = 2 ** 30
const fileName = 'big.bin'
const files = 2000
const bytesEach = 4096
/** As the product compresses. */
const zipLevel = 1

/** Who is signed in to a server of a row; a browser stays so for hours. */
const users = new WeakMap<ServerUnderTest, Promise<WebUser>>()

function userOf(server: ServerUnderTest, { credentials }: RowContext): Promise<WebUser> {
  const known = users.get(server) ?? signInToWeb(server.httpUrl ?? '', credentials)
  users.set(server, known)
  return known
}

interface Place {
  readonly url: string
  readonly headers: readonly string[]
}

/** What our API hands out for a path; where the other one has it. */
async function placeOf(server: ServerUnderTest, context: RowContext, path: string): Promise<Place> {
  if (server.name === 'nginx') return { url: `${server.httpUrl}/${path}`, headers: [] }
  const user = await userOf(server, context)
  return { url: await user.link(`/${path}`), headers: ['--header', `Cookie: ${user.cookie}`] }
}

/** Downloads to `local`. @returns seconds */
function fetchBy({ url, headers }: Place, local: string, sizeFile?: string): Promise<number> {
  const args = ['--silent', '--show-error', '--fail', ...headers, '--output', local, url]
  return timeClient('curl', [...args, '--write-out', '%{size_download}'], {
    ...(sizeFile !== undefined && { stdoutFile: sizeFile }),
  })
}

const download: Row = {
  name: 'http-down',
  title: 'HTTP download of 1 GiB',
  peers: ['nginx'],
  // nginx sends by sendfile(2), which moves no bytes through the process.
  goals: { speed: 0.7 },
  hasCurve: true,
  unit: { name: 'GiB', count: 1 },
  async prepare(server, context) {
    const source = join(context.scratch, 'source.bin')
    if (!existsSync(source)) await makeFile(source, Math.round(gibibyte * context.scale), gibibyte)
    await shareFile(source, join(server.home, fileName))
    const copy = join(context.scratch, 'copy.bin')
    // The runs themselves throw away what arrives.
    await fetchBy(await placeOf(server, context, fileName), copy)
    await assertSameFile(source, copy, { ...context, verifiesContent: context.scale <= 1 })
    await rm(copy)
  },
  async run(server, context) {
    const place = await placeOf(server, context, fileName)
    const sizeFile = join(context.scratch, 'size')
    const seconds = await fetchBy(place, '/dev/null', sizeFile)
    const bytes = Math.round(gibibyte * context.scale)
    const size = Number(await readFile(sizeFile, 'utf8'))
    if (size !== bytes) throw new Error(`${size} bytes came instead of ${bytes}`)
    return { seconds, bytes }
  },
}

const tree = 'small'
const compareScript = `
import sys, os, zipfile
archive, tree = zipfile.ZipFile(sys.argv[1]), sys.argv[2]
found = {os.path.basename(each.filename): archive.read(each) for each in archive.infolist() if not each.is_dir()}
expected = {each: open(os.path.join(tree, each), 'rb').read() for each in os.listdir(tree)}
sys.exit(0 if found == expected else 'the archive holds something else')
`

const archive: Row = {
  name: 'http-zip',
  title: 'ZIP of 2,000 files of 4 KiB, beside zip(1) with the same compression',
  peers: ['zip'],
  goals: { speed: 1 },
  hasCurve: true,
  unit: { name: 'thousand files', count: files / 1000 },
  prepare: ({ home }, { scale }) => makeTree(join(home, tree), Math.round(files * scale), bytesEach),
  reset: (_server, { scratch }) => rm(join(scratch, 'archive.zip'), { force: true }),
  async run(server, context) {
    const target = join(context.scratch, 'archive.zip')
    const seconds =
      server instanceof ZipShell
        ? await server.archive(tree, target, zipLevel)
        : await fetchBy(await placeOf(server, context, tree), target)
    const compared = await runProgram('/usr/bin/python3', [
      ...['-c', compareScript],
      ...[target, join(server.home, tree)],
    ])
    if (!compared.isOk) throw new Error(compared.stderr.trim())
    return { seconds }
  },
}

export const httpRows: readonly Row[] = [download, archive]
