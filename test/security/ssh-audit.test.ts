import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startProduct } from '../support/product.ts'
import { runProgram } from '../support/run-program.ts'

interface Finding {
  readonly algorithm: string
  readonly level: string
  readonly text: string
}

/** The parts of its report that are looked at. Debian 12's does not put findings into it. */
interface Report {
  readonly kex: readonly { algorithm: string }[]
  readonly key: readonly { algorithm: string; keysize?: number }[]
  readonly enc: readonly string[]
  readonly mac: readonly string[]
  readonly compression: readonly string[]
}

/** Newer than the ssh-audit of Debian 12. The first is our answer to Terrapin, the second the post-quantum exchange. */
const newerThanTheProgram = ['kex-strict-s-v00@openssh.com', 'mlkem768x25519-sha256']

async function audit(port: number) {
  const where = ['-p', String(port), '127.0.0.1']
  const json = await runProgram('ssh-audit', ['-jj', ...where])
  const { stdout } = await runProgram('ssh-audit', ['--no-colors', ...where])
  const report = JSON.parse(json.stdout) as Report
  const lines: Finding[] = []
  for (const line of stdout.split('\n')) {
    const start = /^\((?:gen|kex|key|enc|mac|cve|sec)\) (.*?) +-- \[(\w+)\] (.*)$/.exec(line)
    const more = /^ +`- \[(\w+)\] (.*)$/.exec(line)
    if (start) lines.push({ algorithm: start[1] ?? '', level: start[2] ?? '', text: start[3] ?? '' })
    else if (more)
      lines.push({ algorithm: lines.at(-1)?.algorithm ?? '', level: more[1] ?? '', text: more[2] ?? '' })
    // Whatever it says in another form counts against us.
    else if (/\[(fail|warn)\]|^\((cve|sec)\)/.test(line))
      lines.push({ algorithm: '', level: 'fail', text: line })
  }
  // No line of an algorithm is missed, or a finding could hide in it.
  const names = [...report.kex, ...report.key].map((one) => one.algorithm).concat(report.enc, report.mac)
  const told = new Set(lines.map(({ algorithm }) => algorithm.replace(/ \(\d+-bit.*\)$/, '')))
  assert.deepEqual(names.toSorted(), [...told].toSorted(), stdout)
  const isUnknown = ({ algorithm, text }: Finding) =>
    newerThanTheProgram.includes(algorithm) && text === 'unknown algorithm'
  const findings = lines.filter((line) => line.level !== 'info' && !isUnknown(line))
  return { report, findings }
}

const settings: Record<string, Record<string, string>> = {
  'by default': {},
  'with WORKERS=2': { WORKERS: '2' },
  'with SFTP_STRICT_ALGORITHMS': { SFTP_STRICT_ALGORITHMS: 'true' },
  'with SFTP_LEGACY_ALGORITHMS': { SFTP_LEGACY_ALGORITHMS: 'true' },
}

for (const [how, env] of Object.entries(settings))
  test(`ssh-audit finds no failure and no warning ${how}`, async () => {
    await using product = await startProduct({ env })
    const { report, findings } = await audit(product.sftpPort)
    assert.deepEqual(findings, [])
    const exchanges = report.kex.map(({ algorithm }) => algorithm)
    assert.deepEqual(exchanges.slice(0, 2), ['mlkem768x25519-sha256', 'curve25519-sha256'])
    assert.ok(exchanges.includes('kex-strict-s-v00@openssh.com'), 'the countermeasure to Terrapin')
    assert.deepEqual(
      report.key.map(({ algorithm, keysize }) => [algorithm, keysize]),
      [
        ['ssh-ed25519', undefined],
        ['rsa-sha2-512', 3072],
        ['rsa-sha2-256', 3072],
      ],
    )
    assert.ok(report.enc.length >= 6 && report.mac.every((name) => name.includes('-etm@')))
    assert.deepEqual(report.compression, ['none'])
  })
