import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { type FilezillaProtocol, runFilezilla } from '../support/clients/filezilla.ts'
import { openProtocolWorld } from '../support/protocol-world.ts'

interface Variant {
  readonly name: string
  readonly protocol: FilezillaProtocol
  readonly inLog: RegExp
  readonly notInLog: RegExp
}

const variants: Variant[] = [
  { name: 'plain FTP', protocol: 'ftp', inLog: /Command: STOR /, notInLog: /Command: (AUTH|PROT)/ },
  { name: 'FTP with explicit TLS', protocol: 'ftps', inLog: /Command: PROT P\n/, notInLog: /PROT C/ },
  { name: 'SFTP', protocol: 'sftp', inLog: /fzSftp started/, notInLog: /Command: STOR / },
]

for (const { name, protocol, inLog, notInLog } of variants)
  test(`FileZilla uploads into a new folder and downloads over ${name}`, async () => {
    await using world = await openProtocolWorld(protocol === 'sftp' ? 'sftp' : 'ftp')
    await world.product.addUser('bob')
    const target = await world.target('bob')
    const home = world.product.homeOf('bob')
    const [sent, served] = [randomBytes(3_000_000), randomBytes(3_000_000)]
    const [upload, download] = [join(target.scratch, 'from here.bin'), join(target.scratch, 'to here.bin')]
    await writeFile(upload, sent)
    await mkdir(home, { recursive: true })
    await writeFile(join(home, 'sérved.bin'), served)
    const log = await runFilezilla(target, protocol, [
      { isDownload: false, local: upload, remote: '/new földer/uploaded.bin' },
      { isDownload: true, local: download, remote: '/sérved.bin' },
    ])
    assert.ok((await readFile(join(home, 'new földer/uploaded.bin'))).equals(sent))
    assert.ok((await readFile(download)).equals(served))
    assert.match(log, inLog)
    assert.doesNotMatch(log, notInLog)
  })
