import type { AdminSessionState, SignInRequest } from '../../../contract/session.ts'
import { SignInForm } from '../../shared/components/sign-in-form.tsx'
import { SignInPage } from '../../shared/components/sign-in-page.tsx'
import { t } from '../../shared/i18n.ts'

export interface SignInAdminProps {
  readonly ways: AdminSessionState['ways']
  readonly send: (request: SignInRequest) => Promise<void>
}

/** Says which accounts can sign in here, so that nobody has to guess a password. */
export function SignInAdmin({ ways, send }: SignInAdminProps) {
  return (
    <SignInPage
      title={t('admin.signIn.title')}
      lead={ways.thinger ? t('admin.signIn.leadThinger') : t('admin.signIn.leadLocal')}
      otherApp={{ label: t('admin.signIn.toClient'), href: '../client/login' }}
    >
      <SignInForm send={send} />
      <details className="entrance-help" open={ways.setup_code}>
        <summary>{t('admin.signIn.help')}</summary>
        {ways.thinger ? <p>{t('admin.signIn.helpToken')}</p> : null}
        <p>{ways.setup_code ? t('admin.signIn.helpCode') : t('admin.signIn.helpNoCode')}</p>
      </details>
    </SignInPage>
  )
}
