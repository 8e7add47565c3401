import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertAccessible } from '../support/browser/assert-accessible.ts'
import { openWebWorld } from '../support/browser/web-world.ts'
import { startPostgresCluster } from '../support/postgres-cluster.ts'

it('tells that the database is away, in place of what was found before, and that it is back', async () => {
  await using cluster = await startPostgresCluster()
  await using world = await openWebWorld({ env: { DATABASE_URL: await cluster.createDatabase() } })
  await world.signInAdmin()
  const page = await world.openPage('web/admin/status')
  await page.getByText('PostgreSQL answers.').waitFor()
  const away = page.getByRole('alert').getByText('The database does not answer. Nobody can sign in.')
  await cluster.stop()
  await world.allow(503, async () => {
    await page.getByRole('button', { name: 'Refresh' }).click()
    await away.waitFor()
    await page.getByRole('alert').getByText('DATABASE_URL').waitFor()
    assert.equal(await page.getByText('PostgreSQL answers.').count(), 0)
    await world.screenshot('health-database-away', page)
    await page.reload()
    await away.waitFor()
    await assertAccessible(page, 'an admin app without its database')
    await world.screenshot('admin-database-away', page)
  })
  await cluster.start()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('PostgreSQL answers.').waitFor()
  await page.close()
})
