import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isOfTable, listedNames, numberedNames } from './bulk-names.ts'
import { credentialsCsv } from './credentials-csv.ts'
import { runParallel } from './run-parallel.ts'

const server = { host: 'files.example.com', sftpPort: 2022, ftpPort: 0 }

describe('names of many users', () => {
  it('are taken from lines, each once and without spaces around it', () => {
    assert.deepEqual(listedNames(' a \r\n\nb\na\n'), ['a', 'b'])
  })

  it('are told from lines of a table', () => {
    for (const line of ['a,b', 'a;b', 'a\tb', '"a"']) assert.ok(isOfTable(line), line)
    for (const name of ["=o'neill", 'a b', 'a.b|c']) assert.ok(!isOfTable(name), name)
  })

  it('are counted with leading zeros', () => {
    assert.deepEqual(numberedNames('s-', 3, 9), ['s-09', 's-10', 's-11'])
    assert.deepEqual(numberedNames('s', 2), ['s1', 's2'])
  })
})

describe('table of credentials', () => {
  it('is CSV with quotes only where they are needed', () => {
    const csv = credentialsCsv([{ name: 'a,"b"', password: 'p' }], server)
    assert.equal(csv, 'name,password,host,sftp_port,ftp_port\r\n"a,""b""",p,files.example.com,2022,\r\n')
  })

  it('holds no formula that a spreadsheet would run', () => {
    for (const name of ['=1+1', '+1', '-1', '@x', '=a,b'])
      assert.match(credentialsCsv([{ name, password: '' }], server).split('\r\n')[1] ?? '', /^"?'/)
  })
})

describe('work on many things', () => {
  it('goes on two at a time, in order, and ends when all is done', async () => {
    const [begun, most] = [[] as number[], { now: 0, ever: 0 }]
    await runParallel(
      [1, 2, 3, 4, 5],
      2,
      async (item) => {
        begun.push(item)
        most.ever = Math.max(most.ever, ++most.now)
        await new Promise((resolve) => setImmediate(resolve))
        most.now--
      },
      new AbortController().signal,
    )
    assert.deepEqual([begun, most], [[1, 2, 3, 4, 5], { now: 0, ever: 2 }])
  })

  it('begins nothing new once it is stopped', async () => {
    const [begun, abort] = [[] as number[], new AbortController()]
    await runParallel(
      [1, 2, 3, 4],
      1,
      async (item) => {
        begun.push(item)
        if (item === 2) abort.abort()
      },
      abort.signal,
    )
    assert.deepEqual(begun, [1, 2])
  })
})
