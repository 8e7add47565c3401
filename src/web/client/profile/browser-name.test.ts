import assert from 'node:assert/strict'
import { it } from 'node:test'
import { browserOf } from './browser-name.ts'

it('a browser is known by how it introduces itself, another program is not taken for one', () => {
  const linux = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)'
  assert.deepEqual(browserOf(`${linux} Chrome/156.0.0.0 Safari/537.36`), { name: 'Chrome', system: 'Linux' })
  assert.deepEqual(browserOf(`${linux} Chrome/156.0.0.0 Safari/537.36 Edg/156.0`), {
    name: 'Edge',
    system: 'Linux',
  })
  assert.deepEqual(
    browserOf('Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605 Version/20 Safari/605'),
    { name: 'Safari', system: 'iOS' },
  )
  assert.deepEqual(browserOf('Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0'), {
    name: 'Firefox',
    system: 'Windows',
  })
  assert.equal(browserOf('WinSCP_release_6.5'), undefined)
})
