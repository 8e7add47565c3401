import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandPatterns, commandWords } from './command-words.ts'
import { findCommand, sshCommandNames } from './ssh-commands.ts'

test('cuts a command line into words as a shell would', () => {
  for (const [line, words] of [
    ['scp -t /a', ['scp', '-t', '/a']],
    [`  md5sum  '/it'\\''s here' `, ['md5sum', `/it's here`]],
    ['md5sum "a \\"b\\" \\$c \\n" \\ d', ['md5sum', 'a "b" $c \\n', ' d']],
    ["''", ['']],
    ['scp -t a\u202fb\u3000c\u00a0d\u2028\td ', ['scp', '-t', 'a\u202fb\u3000c\u00a0d\u2028', 'd']],
    ['', []],
    ['a; $(b) | `c` > d*', ['a;', '$(b)', '|', '`c`', '>', 'd*']],
  ] as const)
    assert.deepEqual(commandWords(line), words)
})

test('what is quoted in a pattern stands for itself', () => {
  const line = `scp -f *.a '*.b' "[c]"?'d' \\*\\[e] 'it'\\''s'\\\\`
  assert.deepEqual(commandPatterns(line), ['scp', '-f', '*.a', '\\*.b', '\\[c]?d', '\\*\\[e]', "it's\\\\"])
  assert.deepEqual(commandPatterns('"'), undefined)
})

test('has no answer to quotes that do not end and to endless lines', () => {
  assert.equal(commandWords(`md5sum 'a`), undefined)
  assert.equal(commandWords('md5sum "a'), undefined)
  assert.equal(commandWords(`md5sum ${'a'.repeat(20_000)}`), undefined)
})

test('stays quick on lines made to be slow', () => {
  const started = performance.now()
  commandWords(`a${'\\\\'.repeat(8_000)}'`)
  commandWords(`${'""'.repeat(8_000)}"`)
  commandWords(`${' '.repeat(16_000)}'`)
  assert.ok(performance.now() - started < 1_000)
})

test('knows its commands and nothing else', () => {
  const lines: Record<string, string> = { scp: 'scp -t .' }
  for (const name of sshCommandNames) assert.ok(findCommand(lines[name] ?? name), name)
  for (const line of [
    'sh',
    'bash -c id',
    'md5sum2',
    '/bin/md5sum a',
    'constructor',
    '__proto__',
    'scp',
    'scp -t',
    'scp -f -t a',
    'scp -S sh -f a',
    'scp -o ProxyCommand=id -f a',
    'sftp-server',
    'rsync --server .',
    'git-upload-pack a',
  ])
    assert.equal(findCommand(line), undefined, line)
})
