import assert from 'node:assert/strict'
import { it } from 'node:test'
import { claimStagedName, isAbandonedStagedName, isStagedName, releaseStagedName } from './staged-name.ts'

it('a staged name is hidden for ever and abandoned once nobody writes it', () => {
  const name = claimStagedName()
  assert.ok(isStagedName(name))
  assert.ok(!isAbandonedStagedName(name))
  releaseStagedName(name)
  assert.ok(isStagedName(name))
  assert.ok(isAbandonedStagedName(name))
})

it('names that only look similar belong to the user', () => {
  for (const name of [
    '.sftpgo-0123456789abcde.part',
    '.sftpgo-0123456789ABCDEF.part',
    '.sftpgo-0123456789abcdef.part2',
    'x.sftpgo-0123456789abcdef.part',
    '.sftpgo-0123456789abcdef.part\n',
  ])
    assert.ok(!isStagedName(name), name)
})
