import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FtpClient } from './ftp-client.ts'
import { type FtpUser, FtpWorld } from './ftp-world.ts'

describe('dialects of clients', { concurrency: 4 }, () => {
  let world: FtpWorld
  before(async () => {
    // Enough ports that no test waits for what another one leaves claimed.
    world = await FtpWorld.open({ passivePorts: Array.from({ length: 40 }, () => 0) })
  })
  after(() => world[Symbol.asyncDispose]())

  async function signedIn(settings: Parameters<FtpWorld['addUser']>[0] = {}) {
    const user = await world.addUser(settings)
    const client = await FtpClient.signIn(world.port, user)
    return { user, client, [Symbol.dispose]: () => client[Symbol.dispose]() }
  }

  const put = (user: FtpUser, name: string, text = name) => writeFile(join(user.home, name), text)

  test('commands may come in pieces, in lower case, with bare line feeds, and several at once', async () => {
    const user = await world.addUser()
    using client = await FtpClient.connect(world.port)
    await client.reply(220)
    for (const byte of `uSeR ${user.username}\n`) client.write(byte)
    await client.reply(331)
    client.write(`pass ${user.password}\npwd\r\nTYPE I\nmkd a\nSyst\r\n`)
    for (const code of [230, 257, 200, 257, 215]) await client.reply(code)
  })

  test('a line that is too long gets 500 and the next command its answer', async () => {
    using it = await signedIn()
    it.client.write('RETR ')
    for (let i = 0; i < 50; i++) it.client.write('x'.repeat(1_000))
    await it.client.command('', 500)
    await it.client.command('NOOP', 200)
  })

  test('names with spaces, quotes, dashes and letters of any script are only names', async () => {
    using it = await signedIn()
    for (const name of [
      'with  spaces ',
      '"quoted"',
      '-l',
      '--help',
      'ümläut ß 日本 👍',
      "it's",
      'a;b',
      '%41',
      ' x',
    ]) {
      await it.client.store(`STOR ${name}`, name)
      assert.equal(await readFile(join(it.user.home, name), 'utf8'), name)
      assert.equal((await it.client.retrieve(`RETR ${name}`)).toString(), name)
      assert.match(
        (await it.client.retrieve('NLST')).toString(),
        new RegExp(`^${name.replace(/\W/gu, '.')}\r$`, 'mu'),
      )
      await it.client.command(`DELE ${name}`, 250)
    }
  })

  test('MKD and PWD double the quotes in what they tell', async () => {
    using it = await signedIn()
    assert.equal((await it.client.command('MKD a "b"', 257)).text, '257 "/a ""b""" created\r\n')
    await it.client.command('CWD a "b"', 250)
    assert.match((await it.client.command('XPWD', 257)).text, /^257 "\/a ""b""" /)
  })

  test('directories are changed by absolute and relative paths and to the current one', async () => {
    using it = await signedIn()
    await mkdir(join(it.user.home, 'a/b/c'), { recursive: true })
    await put(it.user, 'file')
    const steps = [
      ['CWD a', '/a'],
      ['CWD b/c', '/a/b/c'],
      ['CWD .', '/a/b/c'],
      ['CWD /a/b/c', '/a/b/c'],
      ['CWD ../..', '/a'],
      ['XCWD /a/./b//', '/a/b'],
      ['CDUP', '/a'],
      ['XCUP', '/'],
      ['CDUP', '/'],
      ['CWD ../../../a', '/a'],
      ['CWD /', '/'],
    ] as const
    for (const [command, path] of steps) {
      await it.client.command(command, 250)
      assert.match((await it.client.command('PWD', 257)).text, new RegExp(`^257 "${path}" `), command)
    }
    await it.client.command('CWD missing', 550)
    await it.client.command('CWD file', 550)
    await it.client.command('RMD /a', 550)
    await it.client.command('XRMD /a/b/c', 250)
  })

  test('LIST and NLST take options and patterns, and 550 is a name that is not there', async () => {
    using it = await signedIn()
    await mkdir(join(it.user.home, 'dir'))
    for (const name of ['a.csv', 'b.csv', 'c.txt', 'dir/d.csv', '.hidden']) await put(it.user, name)
    const names = async (command: string) =>
      (await it.client.retrieve(command)).toString().split('\r\n').slice(0, -1).sort()
    const listed = async (command: string) =>
      (await names(command)).map((line) => line.slice(line.lastIndexOf(' ') + 1)).sort()
    const all = ['.hidden', 'a.csv', 'b.csv', 'c.txt', 'dir']
    for (const command of ['LIST', 'LIST -a', 'LIST -la', 'LIST -l -a', 'LIST -al .', 'list /', 'LIST -la /'])
      assert.deepEqual(await listed(command), all, command)
    assert.deepEqual(await listed('LIST -la dir'), ['d.csv'])
    assert.deepEqual(await listed('LIST c.txt'), ['c.txt'])
    assert.deepEqual(await names('NLST'), all)
    assert.deepEqual(await names('NLST *.csv'), ['a.csv', 'b.csv'])
    assert.deepEqual(await names('NLST dir/*.csv'), ['dir/d.csv'])
    assert.deepEqual(await names('NLST /dir/?.csv'), ['/dir/d.csv'])
    assert.deepEqual(await names('NLST *.pdf'), [])
    for (const command of ['LIST missing', 'NLST missing', 'NLST missing/*.csv']) {
      await it.client.passive()
      await it.client.command(command, 550)
    }
    await it.client.passive()
    await it.client.command('MLSD missing', 550)
  })

  test('STAT lists on the control connection and a name cannot end its reply', async () => {
    using it = await signedIn()
    await put(it.user, '213 end')
    const { text } = await it.client.command('STAT /', 213)
    assert.match(text, /213 end\r\n213 End\r\n$/)
    assert.match((await it.client.command('STAT', 211)).text, /user/)
    await it.client.command('STAT missing', 550)
    await it.client.command('NOOP', 200)
  })

  test('MLSD and MLST tell facts, those that were chosen', async () => {
    using it = await signedIn()
    await put(it.user, 'file', 'four')
    await mkdir(join(it.user.home, 'dir'))
    await symlink('file', join(it.user.home, 'link'))
    await utimes(join(it.user.home, 'file'), 1_700_000_000, 1_700_000_000)
    const lines = (await it.client.retrieve('MLSD')).toString().split('\r\n')
    assert.match(
      lines.join('\n'),
      /^type=file;size=4;modify=20231114221320;perm=adfrw;unique=[^;]+;UNIX.mode=0\d{3}; file$/m,
    )
    assert.match(lines.join('\n'), /^type=dir;modify=\d{14};perm=[a-z]+;[^ ]* dir$/m)
    assert.match(lines.join('\n'), /^type=file;size=4;.* link$/m)
    assert.match(
      (await it.client.command('OPTS MLST size;type;bogus;', 200)).text,
      /^200 MLST OPTS type;size;\r/,
    )
    assert.match((await it.client.command('FEAT', 211)).text, / MLST type\*;size\*;modify;/)
    assert.match((await it.client.command('MLST file', 250)).text, /\r\n type=file;size=4; \/file\r\n250 /)
    await it.client.command('MLST missing', 550)
  })

  test('a time before 1970 is kept, and one that the disk cannot keep is told as what it became', async () => {
    using it = await signedIn()
    await writeFile(join(it.user.home, 'file'), '')
    for (const command of ['MFMT 19691231235959 file', 'MDTM 19650505120000 file']) {
      const time = command.split(' ')[1] as string
      await it.client.command(command, 213)
      assert.match((await it.client.command('MDTM file', 213)).text, new RegExp(time))
      assert.match((await it.client.command('MLST file', 250)).text, new RegExp(`modify=${time};`, 'i'))
    }
    const { text } = await it.client.command('MFMT 15000101000000 file', 213)
    const kept = /^213 (\d{14})/.exec((await it.client.command('MDTM file', 213)).text)?.[1]
    assert.match(text, new RegExp(`Modify=${kept};`))
  })

  test('SIZE is for TYPE I, MDTM and MFMT are in UTC with fractions allowed', async () => {
    using it = await signedIn()
    const file = join(it.user.home, 'a file')
    await put(it.user, 'a file', 'four')
    assert.equal((await it.client.command('SIZE a file', 213)).text, '213 4\r\n')
    await it.client.command('MFMT 20240229120000.5 a file', 213)
    assert.equal((await stat(file)).mtime.getTime(), Date.UTC(2024, 1, 29, 12, 0, 0, 500))
    assert.equal((await it.client.command('MDTM a file', 213)).text, '213 20240229120000\r\n')
    await it.client.command('MDTM 20200101000000 a file', 213)
    assert.equal((await stat(file)).mtimeMs, Date.UTC(2020, 0, 1))
    for (const [command, code] of [
      ['MFMT 2024 a file', 501],
      ['MFMT 20240229120000', 501],
      ['MFMT 20240229120000 missing', 550],
      ['MDTM missing', 550],
      ['SIZE /', 550],
      ['SIZE', 501],
    ] as const)
      await it.client.command(command, code)
    await it.client.command('TYPE A', 200)
    await it.client.command('SIZE a file', 550)
  })

  test('hashes are those of the file, of a part where it is asked', async () => {
    using it = await signedIn()
    const text = 'some content\n'.repeat(50_000)
    await put(it.user, 'a file', text)
    const hash = (name: string, of = text) => createHash(name).update(of).digest('hex')
    const answer = async (command: string) => (await it.client.command(command)).text
    assert.equal(await answer('HASH a file'), `213 SHA-256 0-${text.length} ${hash('sha256')} a file\r\n`)
    await it.client.command('OPTS HASH MD5', 200)
    assert.match((await it.client.command('FEAT', 211)).text, / HASH SHA-256;SHA-512;SHA-1;MD5\*;CRC32\r/)
    assert.equal(await answer('HASH a file'), `213 MD5 0-${text.length} ${hash('md5')} a file\r\n`)
    assert.equal(await answer('XMD5 a file'), `250 ${hash('md5').toUpperCase()}\r\n`)
    assert.equal(await answer('XSHA a file'), `250 ${hash('sha1').toUpperCase()}\r\n`)
    assert.equal(await answer('XSHA256 "a file"'), `250 ${hash('sha256').toUpperCase()}\r\n`)
    assert.equal(await answer('XSHA512 a file'), `250 ${hash('sha512').toUpperCase()}\r\n`)
    assert.equal(await answer('XSHA256 "a file" 5 12'), `250 ${hash('sha256', 'content').toUpperCase()}\r\n`)
    await put(it.user, 'digits', '123456789')
    assert.equal(await answer('XCRC digits'), '250 CBF43926\r\n')
    await it.client.command('XCRC missing', 550)
    await it.client.command('OPTS HASH WHIRLPOOL', 501)
    // Reading for a hash is no download.
    assert.equal(
      world.events.some((event) => event.type === 'file-downloaded' && event.path === '/digits'),
      false,
    )
  })

  test('files are renamed over others, removed, and given modes', async () => {
    using it = await signedIn()
    for (const name of ['a', 'b']) await put(it.user, name)
    await it.client.command('RNTO x', 503)
    await it.client.command('RNFR missing', 550)
    await it.client.command('RNFR a', 350)
    await it.client.command('RNTO b', 250)
    assert.equal(await readFile(join(it.user.home, 'b'), 'utf8'), 'a')
    await it.client.command('SITE CHMOD 640 b', 200)
    assert.equal((await stat(join(it.user.home, 'b'))).mode & 0o777, 0o640)
    await it.client.command('SITE HELP', 214)
    await it.client.command('SITE EXEC ls', 504)
    await it.client.command('SITE CHMOD rwx b', 501)
    await it.client.command('DELE b', 250)
    await it.client.command('DELE b', 550)
  })

  test('REST holds for the next transfer alone, and not for one that has its own place', async () => {
    using it = await signedIn()
    await it.client.store('STOR rested', 'original')
    for (const command of ['APPE rested', 'STOU']) {
      await it.client.command('REST 3', 350)
      await it.client.passive()
      await it.client.command(command, 554)
      await it.client.store('STOR rested', 'original')
      assert.equal((await it.client.retrieve('RETR rested')).toString(), 'original')
      await it.client.store('STOR rested', 'new')
      assert.equal((await it.client.retrieve('RETR rested')).toString(), 'new')
    }
    await it.client.command('REST 0', 350)
    await it.client.store('APPE rested', '+')
    assert.equal((await it.client.retrieve('RETR rested')).toString(), 'new+')
  })

  test('STOU finds a free name and tells it, APPE appends or begins', async () => {
    using it = await signedIn()
    const names = []
    for (let i = 0; i < 2; i++) {
      const socket = await it.client.dataSocket(await it.client.passive())
      const { text } = await it.client.command('STOU log', 150)
      names.push(/^150 FILE: (.+)\r/.exec(text)?.[1])
      socket.end(`content ${i}`)
      await it.client.reply(226)
    }
    assert.equal(new Set(names).size, 2)
    assert.deepEqual((await readdir(it.user.home)).sort(), names.toSorted())
    for (const name of names) assert.match(name ?? '', /^log\./)
    await it.client.store('APPE joined', 'one,')
    await it.client.store('APPE joined', 'two')
    assert.equal(await readFile(join(it.user.home, 'joined'), 'utf8'), 'one,two')
  })

  test('devices that send STOU at the same time all keep their file', async () => {
    using it = await signedIn()
    const clients = await Promise.all(Array.from({ length: 4 }, () => FtpClient.signIn(world.port, it.user)))
    const open = clients.map(async (client) => {
      const socket = await client.dataSocket(await client.passive())
      await client.command('STOU', 150)
      return { client, socket }
    })
    for (const { client, socket } of await Promise.all(open)) {
      socket.end('content')
      await client.reply(226)
      client[Symbol.dispose]()
    }
    assert.equal((await readdir(it.user.home)).length, 4)
  })

  test('clients that append to one file at the same time lose nothing that was acknowledged', async () => {
    using it = await signedIn()
    await put(it.user, 'log', '')
    const lines = await Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        using client = await FtpClient.signIn(world.port, it.user)
        const own = Array.from({ length: 5 }, (_, index) => `writer ${writer} line ${index}\n`)
        for (const line of own) await client.store('APPE log', line)
        return own
      }),
    )
    const stored = (await readFile(join(it.user.home, 'log'), 'utf8')).split(/(?<=\n)/)
    assert.deepEqual(stored.toSorted(), lines.flat().toSorted())
  })

  test('of two clients that append to a missing file at the same time one is refused', async () => {
    using it = await signedIn()
    using other = await FtpClient.signIn(world.port, it.user)
    const sockets = []
    for (const client of [it.client, other]) {
      sockets.push(await client.dataSocket(await client.passive()))
      await client.command('APPE log', 150)
    }
    for (const [index, client] of [it.client, other].entries()) {
      sockets[index]?.end(`from ${index}`)
      await client.reply(index === 0 ? 226 : 550)
    }
    assert.equal(await readFile(join(it.user.home, 'log'), 'utf8'), 'from 0')
  })

  test('what is refused tells the cause by its class', async () => {
    using it = await signedIn({ permissions: { '/': ['list', 'download'] }, quotaSize: 10 })
    await put(it.user, 'file')
    await mkdir(join(it.user.home, 'dir'))
    for (const [command, code] of [
      ['STOR new', 553],
      ['STOR file', 553],
      ['RETR missing', 550],
      ['RETR dir', 550],
      ['DELE file', 550],
      ['MKD new', 550],
      ['BOGUS', 500],
      ['HOST ftp.example', 502],
      ['PORT 127,0,0,1,1,1', 502],
      ['EPRT |1|127.0.0.1|6275|', 502],
      ['TYPE E', 504],
      ['MODE Z', 504],
      ['STRU R', 504],
      ['REST x', 501],
      ['RETR', 501],
    ] as const) {
      if (/STOR|RETR /.test(command)) await it.client.passive()
      await it.client.command(command, code)
    }
    await it.client.command('RETR file', 425)
  })

  test('an upload over quota gets 552 and leaves nothing behind', async () => {
    using it = await signedIn({ quotaSize: 1_000 })
    const socket = await it.client.dataSocket(await it.client.passive())
    await it.client.command('STOR big', 150)
    socket.write(Buffer.alloc(100_000))
    await it.client.reply(552)
    assert.deepEqual(await readdir(it.user.home), [])
    await it.client.command('ALLO 5000', 552)
    assert.equal((await it.client.command('AVBL', 213)).text, '213 1000\r\n')
  })

  test('settings that clients send by habit are taken', async () => {
    using it = await signedIn()
    for (const [command, code] of [
      ['OPTS UTF8 ON', 200],
      ['opts utf-8 NLST', 200],
      ['CLNT Test 1.0', 200],
      ['TYPE A N', 200],
      ['TYPE L 8', 200],
      ['MODE S', 200],
      ['STRU F', 200],
      ['ALLO 10', 200],
      ['NOOP', 200],
      ['HELP', 214],
      ['HELP RETR', 214],
      ['ACCT x', 202],
      ['ABOR', 226],
      ['EPSV 3', 522],
      ['EPSV 1', 229],
      ['EPSV 2', 229],
      ['PASV', 227],
      ['EPSV ALL', 200],
      ['PASV', 503],
      ['EPSV', 229],
      ['QUIT', 221],
    ] as const)
      await it.client.command(command, code)
    await it.client.closed()
  })

  test('every command that FEAT and HELP name exists', async () => {
    using it = await signedIn()
    const features = (await it.client.command('FEAT', 211)).text.match(/^ [A-Z0-9]+/gm) ?? []
    const verbs = (await it.client.command('HELP', 214)).text.match(/\b[A-Z0-9]{3,}\b/g) ?? []
    for (const verb of [...features.map((line) => line.trim()), ...verbs]) {
      if (['UTF8', 'TVFS', 'QUIT', 'AUTH', '214', 'PASV', 'EPSV'].includes(verb)) continue
      assert.notEqual((await it.client.command(verb)).code, 500, verb)
    }
  })
})
