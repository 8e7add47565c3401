import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  claimStagedName,
  isAbandonedStagedName,
  isStagedName,
  newStagedTag,
  releaseStagedName,
  setLiveStagedTags,
  useStagedTag,
} from './staged-name.ts'

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

it('what another process that lives may be writing is not abandoned, and is once that one has ended', () => {
  const [other, gone] = [newStagedTag(), newStagedTag()]
  const nameOf = (tag: string) => `.sftpgo-${tag}01234567.part`
  setLiveStagedTags([other])
  assert.ok(!isAbandonedStagedName(nameOf(other)))
  assert.ok(isAbandonedStagedName(nameOf(gone)))
  setLiveStagedTags([])
  assert.ok(isAbandonedStagedName(nameOf(other)))
})

it('what a process left itself is abandoned, however alive it is', () => {
  const tag = newStagedTag()
  useStagedTag(tag)
  setLiveStagedTags([tag])
  const name = claimStagedName()
  assert.ok(name.startsWith(`.sftpgo-${tag}`))
  assert.ok(!isAbandonedStagedName(name))
  releaseStagedName(name)
  assert.ok(isAbandonedStagedName(name))
  setLiveStagedTags([])
})
