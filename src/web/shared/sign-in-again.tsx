import { useEffect, useRef, useState } from 'react'
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
  /** Grows also while a sign-in is under way. */
  const waiting = useRef<(() => void)[]>([])
  const [isAsking, setAsking] = useState(false)
  useEffect(() => {
    whenSignedOut(
      () =>
        new Promise<void>((resolve) => {
          waiting.current.push(resolve)
          setAsking(true)
        }),
    )
  }, [])
  if (!isAsking) return null
  const signIn = async (request: SignInRequest) => {
    await send(request)
    setAsking(false)
    for (const resolve of waiting.current.splice(0)) resolve()
  }
  return (
    <Dialog title={t('signIn.again')} onClose={onGiveUp}>
      <p>{t('signIn.againLead')}</p>
      <SignInForm username={username} send={signIn} />
    </Dialog>
  )
}
