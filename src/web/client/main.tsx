import { whenRefused } from '../shared/api.ts'
import { early } from '../shared/early.ts'
import { startApp } from '../shared/start-app.tsx'
import { ClientApp, preloadClientPage } from './client-app.tsx'
import { readSession } from './user-session.ts'

const loadSession = early(readSession)
whenRefused(readSession)
preloadClientPage()

void startApp({
  loadMessages: async (language) => {
    const loaded = language === 'es' ? import('../messages/es/client.ts') : import('../messages/en/client.ts')
    return (await loaded).messages
  },
  draw: () => <ClientApp loadSession={loadSession} />,
})
