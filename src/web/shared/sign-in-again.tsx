import { useEffect, useState } from 'react'
import { whenSignedOut } from './api.ts'
import { Dialog } from './components/dialog.tsx'
import { SignInForm } from './components/sign-in-form.tsx'
import { t } from './i18n.ts'
import type { SignInRequest } from '../../contract/session.ts'

export interface SignInAgainProps {
  readonly username: string
  readonly send: (request: SignInRequest) => Promise<void>
  readonly onGiveUp: () => void
}

/** Asks for the password over the page as it stands when a session has ended: nothing that was typed is lost. */
export function SignInAgain({ username, send, onGiveUp }: SignInAgainProps) {
  const [waiting, setWaiting] = useState<readonly (() => void)[]>([])
  useEffect(() => {
    whenSignedOut(() => new Promise<void>((resolve) => setWaiting((before) => [...before, resolve])))
  }, [])
  if (waiting.length === 0) return null
  const signIn = async (request: SignInRequest) => {
    await send(request)
    setWaiting([])
    for (const resolve of waiting) resolve()
  }
  return (
    <Dialog title={t('signIn.again')} onClose={onGiveUp}>
      <p>{t('signIn.againLead')}</p>
      <SignInForm username={username} send={signIn} />
    </Dialog>
  )
}
