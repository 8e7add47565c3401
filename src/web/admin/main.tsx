import { whenRefused } from '../shared/api.ts'
import { early } from '../shared/early.ts'
import { startApp } from '../shared/start-app.tsx'
import { AdminApp, preloadAdminPage } from './admin-app.tsx'
import { readSession } from './admin-session.ts'

const loadSession = early(readSession)
whenRefused(readSession)
preloadAdminPage()

void startApp({
  loadMessages: async (language) => {
    const loaded = language === 'es' ? import('../messages/es/admin.ts') : import('../messages/en/admin.ts')
    return (await loaded).messages
  },
  draw: () => <AdminApp loadSession={loadSession} />,
})
