import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseVirtualPath } from '../../../src/core/files/virtual-path.ts'
import { runProgram } from '../../support/run-program.ts'
import { openSftpWorld, type SftpWorld } from '../../support/sftp-world.ts'
import { waitUntil } from '../../support/wait-until.ts'

let world: SftpWorld
let local: string
let options: string[]
let publicKeys: string[]

before(async () => {
  local = await mkdtemp(join(tmpdir(), 'ssh-commands-'))
  const key = join(local, 'key')
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  world = await openSftpWorld()
  publicKeys = [await readFile(`${key}.pub`, 'utf8')]
  await world.core.addUser('bob', { publicKeys })
  options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'IdentitiesOnly=yes',
    `IdentityFile=${key}`,
  ]
    .flatMap((option) => ['-o', option])
    .concat('-F', '/dev/null')
})

after(async () => {
  await world[Symbol.asyncDispose]()
  await rm(local, { recursive: true })
})

const remote = (path: string) => `bob@127.0.0.1:${path}`
const home = (...names: string[]) => join(world.core.homeOf('bob'), ...names)

function ssh(command: string, input: string | Buffer = '') {
  return runProgram('ssh', [...options, '-p', String(world.port), 'bob@127.0.0.1', command], { input })
}

function scp(...args: string[]) {
  return runProgram('scp', ['-O', ...options, '-P', String(world.port), ...args])
}

test('hashes files and what is sent, as the programs of that name do', async () => {
  const bytes = randomBytes(600_000)
  await writeFile(home("it's data"), bytes)
  for (const algorithm of ['md5', 'sha1', 'sha256', 'sha384', 'sha512']) {
    const hash = createHash(algorithm).update(bytes).digest('hex')
    const { stdout, exitCode } = await ssh(`${algorithm}sum "it's data"`)
    assert.deepEqual([stdout, exitCode], [`${hash}  it's data\n`, 0])
  }
  assert.equal((await ssh('md5sum')).stdout, 'd41d8cd98f00b204e9800998ecf8427e  -\n')
  assert.equal((await ssh('md5sum', 'abc')).stdout, '900150983cd24fb0d6963f7d28e17f72  -\n')
  const missing = await ssh('sha1sum none')
  assert.deepEqual([missing.exitCode, missing.stdout], [1, ''])
  assert.match(missing.stderr, /^sha1sum: none: /)
})

test('answers cd and pwd, and runs nothing else', async () => {
  assert.deepEqual(await ssh('pwd'), { isOk: true, exitCode: 0, stdout: '/\n', stderr: '' })
  assert.equal((await ssh('cd /somewhere')).exitCode, 0)
  for (const command of ['id', 'sh -c id', '/bin/sh', 'ls; id'])
    assert.match((await ssh(command)).stderr, /exec request failed/)
  const shell = await runProgram('ssh', [...options, '-tt', '-p', String(world.port), 'bob@127.0.0.1'])
  assert.equal(shell.isOk, false)
})

test('copies files with the old scp both ways, large, empty and with odd names', async () => {
  for (const [name, size] of [
    ['large', 3_000_000],
    ['empty', 0],
    ['ö ä', 10],
  ] as const) {
    await writeFile(join(local, name), randomBytes(size))
    const up = await scp(join(local, name), remote('.'))
    assert.equal(up.exitCode, 0, up.stderr)
    const down = await scp(remote(`/${name.replace(' ', '\\ ')}`), join(local, 'back'))
    assert.equal(down.exitCode, 0, down.stderr)
    assert.deepEqual(await readFile(join(local, 'back')), await readFile(join(local, name)))
  }
})

test('copies trees with the old scp both ways, with times and modes', async () => {
  await mkdir(join(local, 'tree/below'), { recursive: true })
  await writeFile(join(local, 'tree/below/file'), 'text', { mode: 0o600 })
  await utimes(join(local, 'tree/below/file'), 1_000_000, 2_000_000)
  const up = await scp('-rp', join(local, 'tree'), remote('/'))
  assert.equal(up.exitCode, 0, up.stderr)
  assert.equal((await stat(home('tree/below/file'))).mtimeMs, 2_000_000_000)
  const down = await scp('-rp', remote('/tree'), join(local, 'copy'))
  assert.equal(down.exitCode, 0, down.stderr)
  assert.equal(await readFile(join(local, 'copy/below/file'), 'utf8'), 'text')
  assert.equal((await stat(join(local, 'copy/below/file'))).mtimeMs, 2_000_000_000)
})

test('tells scp what it cannot do and leaves nothing behind', async () => {
  const missing = await scp(remote('/none'), join(local, 'none'))
  assert.notEqual(missing.exitCode, 0)
  assert.match(missing.stderr, /none: /)
  await writeFile(join(local, 'small'), 'x')
  const nowhere = await scp(join(local, 'small'), remote('/no/such/place'))
  assert.notEqual(nowhere.exitCode, 0)
  await mkdir(home('directory'), { recursive: true })
  assert.match((await scp(remote('/directory'), join(local, 'none'))).stderr, /directory/)
  assert.ok(!(await readdir(home())).includes('no'))
})

/** What a server says to scp's own words, written by hand. */
async function sink(words: string | Buffer): Promise<{ exitCode: number | null; stdout: string }> {
  return ssh('scp -r -t /', words)
}

test('takes no name from scp that is a path, and no endless line', async () => {
  for (const words of ['C0644 1 ../out\nx\0', 'C0644 1 a/b\nx\0', 'D0755 0 ..\n', 'C0644 1 .\nx\0'])
    assert.notEqual((await sink(words)).exitCode, 0, words)
  for (const words of [
    'E\n',
    'X\n',
    'C0644 x name\n',
    'C0644 99999999999999999999 name\n',
    `C0644 1 ${'n'.repeat(20_000)}\n`,
  ])
    assert.notEqual((await sink(words)).exitCode, 0, words.slice(0, 40))
  assert.deepEqual((await readdir(world.core.directory)).includes('out'), false)
})

/** Runs a script with `$OPTIONS`: an argument that is not UTF-8 cannot be given from here. */
function bash(script: string, where = local) {
  const env = { OPTIONS: options.join(' '), PORT: String(world.port) }
  return runProgram('bash', ['-c', script], { cwd: where, env })
}

test('finds the files that a pattern means to the old scp, as a shell would', async () => {
  await mkdir(home('p', 'one[1]'), { recursive: true })
  await mkdir(home('p', 'two', 'deep'), { recursive: true })
  for (const name of [
    'a.csv',
    'b.csv',
    '.c.csv',
    'd.txt',
    'two/a.csv',
    'two/deep/e',
    'one[1]/f',
    '*.dat',
    'g.dat',
  ])
    await writeFile(home('p', name), name)
  await symlink('two', home('p', 'link'))
  async function found(...args: string[]): Promise<string[]> {
    const to = await mkdtemp(join(local, 'found-'))
    const { exitCode, stderr } = await scp(...args, to)
    const failures = exitCode === 0 ? [] : [stderr.trim()]
    return [...failures, ...(await readdir(to, { recursive: true })).sort()]
  }
  assert.deepEqual(await found(remote('/p/*.csv')), ['a.csv', 'b.csv'])
  assert.deepEqual(await found(remote('p/.*.csv')), ['.c.csv'])
  assert.deepEqual(await found(remote('~/p/[!a].csv'), remote('/p/d.???')), ['b.csv', 'd.txt'])
  assert.deepEqual(await found('-r', remote('/p/t*')), ['two', 'two/a.csv', 'two/deep', 'two/deep/e'])
  await world.core.addUser('eve', { publicKeys, startDirectory: parseVirtualPath('/[x]') })
  await mkdir(join(world.core.homeOf('eve'), '[x]'), { recursive: true })
  await writeFile(join(world.core.homeOf('eve'), '[x]/z.csv'), 'z')
  assert.deepEqual(await found('eve@127.0.0.1:*.csv'), ['z.csv'])
  // Several parts; what is there by name, quoted or not, is meant by it.
  assert.deepEqual(await found(remote('/p/*/[ae]*')), ['a.csv'])
  assert.deepEqual(await found(remote('/*/two/*/e')), ['e'])
  assert.deepEqual(await found(remote('/p/one[1]/f')), ['f'])
  assert.deepEqual(await found(remote('/p/*.dat')), ['*.dat'])
  for (const none of ['/p/*.none', '/p/*/none', "/p/'*'.csv", '/p/\\*.csv', '/none/*'])
    assert.match((await found(remote(none)))[0] ?? '', /^scp: .*: No such file or directory$/, none)
})

test('takes no file from scp under a name that is not UTF-8, and goes on with the next', async () => {
  await mkdir(join(local, 'latin'))
  await bash(
    `printf a >$'\\xe9'; printf b >$'\\xea'; mkdir $'d\\xe8'; printf c >$'d\\xe8/c'`,
    join(local, 'latin'),
  )
  await writeFile(join(local, 'latin', '\ufffd'), 'real')
  await writeFile(join(local, 'latin', 'zlast'), 'last')
  const { exitCode, stderr } = await scp('-rp', join(local, 'latin'), remote('/'))
  assert.equal(exitCode, 1)
  assert.equal(stderr.match(/not valid UTF-8/g)?.length, 3, stderr)
  assert.deepEqual((await readdir(home('latin'))).sort(), ['zlast', '\ufffd'])
  assert.equal(await readFile(home('latin', '\ufffd'), 'utf8'), 'real')
  for (const line of [Buffer.from('C0644 1 \xe9\n', 'latin1'), Buffer.from('D0755 0 \xe9\n', 'latin1')]) {
    const words = await sink(line)
    assert.deepEqual([words.exitCode, words.stdout.slice(0, 2)], [1, '\0\x01'])
  }
})

test('follows no command line that is not UTF-8', async () => {
  await writeFile(home('n\ufffd'), 'kept')
  await writeFile(join(local, 'new'), 'new')
  for (const command of [`sha256sum /n\\xee`, `scp -f /n\\xee`, `scp -t /n\\xee`]) {
    const { exitCode, stdout, stderr } = await bash(`ssh $OPTIONS -p $PORT bob@127.0.0.1 $'${command}' <<<''`)
    assert.deepEqual([exitCode, stdout], [1, ''], command)
    assert.match(stderr, /not valid UTF-8/)
  }
  const up = await bash(`scp -O $OPTIONS -P $PORT new $'bob@127.0.0.1:/n\\xee'`)
  assert.equal(up.exitCode, 1)
  assert.match(up.stderr, /not valid UTF-8/)
  assert.equal(await readFile(home('n\ufffd'), 'utf8'), 'kept')
  assert.match((await ssh('sha256sum /n\ufffd')).stdout, /^[0-9a-f]{64} {2}\/n\ufffd\n$/)
})

test('lets no name of a file speak to the scp that fetches it', async () => {
  await mkdir(home('shared'))
  await writeFile(home('shared', 'x\nE\nC0644 4 evil'), 'data')
  const fetched = await scp('-r', remote('/shared'), join(local, 'fetched'))
  assert.equal(fetched.exitCode, 0, fetched.stderr)
  assert.deepEqual(await readdir(join(local, 'fetched')), ['x\\^JE\\^JC0644 4 evil'])
})

test('moves files with OpenSSH sftp and with scp over sftp', async () => {
  await writeFile(join(local, 'file'), randomBytes(2_000_000))
  const batch = join(local, 'batch')
  await writeFile(batch, `put ${local}/file a\nrename a b\nget b ${local}/got\nls -l\ndf\nrm b\n`)
  const run = await runProgram('sftp', [...options, '-P', String(world.port), '-b', batch, 'bob@127.0.0.1'])
  assert.equal(run.exitCode, 0, run.stderr)
  assert.deepEqual(await readFile(join(local, 'got')), await readFile(join(local, 'file')))
  const copied = await runProgram('scp', [
    '-s',
    ...options,
    '-P',
    String(world.port),
    join(local, 'file'),
    remote('/c'),
  ])
  assert.equal(copied.exitCode, 0, copied.stderr)
  assert.deepEqual(await readFile(home('c')), await readFile(join(local, 'file')))
})

test('goes on with the next file where the scp that sends them could not read one', async () => {
  await mkdir(home('unread'))
  await writeFile(home('unread', 'old'), 'original')
  // What was not read is sent as zeros, and what follows tells so instead of a 0.
  const broken = (name: string) => `C0644 5 ${name}\nab\0\0\0\x01scp: ${name}: Input/output error\n`
  const words = `D0755 0 unread\n${broken('new')}${broken('old')}C0644 4 good\ntext\0E\n`
  const { exitCode, stdout } = await sink(words)
  // The greeting, the directory, twice for each file, the end of the directory.
  assert.deepEqual([exitCode, stdout], [1, '\0'.repeat(9)])
  assert.deepEqual((await readdir(home('unread'))).sort(), ['good', 'old'])
  assert.equal(await readFile(home('unread', 'old'), 'utf8'), 'original')
  assert.equal(await readFile(home('unread', 'good'), 'utf8'), 'text')
})

test('keeps no file of which OpenSSH scp could read only the beginning, and takes all others', async () => {
  const bytes = 500_000
  await mkdir(join(local, 'shrinking'))
  for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(local, 'shrinking', name), 'whole')
  await writeFile(join(local, 'shrinking', 'short'), randomBytes(bytes))
  // Kilobits per second: the file becomes shorter while it is read.
  const copying = scp('-r', '-l', '2000', join(local, 'shrinking'), remote('/'))
  await waitUntil('the beginning of the file', () =>
    world.core.connections
      .list()
      .some(({ transfers }) => transfers.some(({ path, bytes }) => path === '/shrinking/short' && bytes > 0)),
  )
  await truncate(join(local, 'shrinking', 'short'), 0)
  const { exitCode, stderr } = await copying
  assert.equal(exitCode, 1)
  assert.match(stderr, /short: /)
  assert.deepEqual((await readdir(home('shrinking'))).sort(), ['a', 'b', 'c', 'd'])
})
