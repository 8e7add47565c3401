import { useState } from 'react'
import type { StorageResource } from '../../../contract/storage.ts'
import { Button } from '../../shared/components/button.tsx'
import { Page } from '../../shared/components/page.tsx'
import { Banner, Failed, Loading } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { goTo, linkTo } from '../../shared/router.ts'
import { type Form, useForm } from '../../shared/use-form.ts'
import { useMay } from '../admin-session.ts'
import { ArrivalLine } from '../users/arrival-line.tsx'
import { checkDraft, isUsablePlace } from '../users/check-draft.ts'
import { ConnectHelp } from '../users/connect-dialog.tsx'
import { connectUserOfDraft } from '../users/connect-user.ts'
import { FirstUserForm } from '../users/first-user-form.tsx'
import { makePassword } from '../users/password-maker.ts'
import { PlacePicker } from '../users/place-picker.tsx'
import { placeText } from '../users/place-text.ts'

import { Step } from '../users/step.tsx'
import { useLeaveDialog } from '../users/use-leave-dialog.tsx'
import { useStorages } from '../users/use-storages.ts'
import { saveUser } from '../users/user-api.ts'
import { newDraft, type UserDraft } from '../users/user-draft.ts'
import '../users/users.css'

/** From nothing to the first file, in three steps. */
export function FirstSteps() {
  const may = useMay()
  const storages = useStorages()
  return (
    <Page
      title={t('steps.title')}
      lead={
        <>
          {t('steps.lead')} <a {...linkTo('users')}>{t('steps.skip')}</a>
        </>
      }
    >
      {!may('add_users') ? (
        <Banner kind="warning">{t('users.emptyNotAllowed')}</Banner>
      ) : storages.value !== undefined ? (
        <Steps storages={storages.value} />
      ) : storages.error === undefined ? (
        <Loading />
      ) : (
        <Failed error={storages.error} onRetry={storages.reload} />
      )}
    </Page>
  )
}

type Stage = 'place' | 'user' | 'connect'

function Steps({ storages }: { readonly storages: readonly StorageResource[] }) {
  const [stage, setStage] = useState<Stage>('place')
  const form = useForm<UserDraft>({
    initial: newDraft(makePassword()),
    fields: ['username', 'password'],
    validate: (values) =>
      Object.fromEntries(Object.entries(checkDraft(values)).map(([field, key]) => [field, t(key)])),
    send: async (values) => {
      await saveUser(values, { storages, before: undefined, disconnects: false })
      setStage('connect')
    },
  })
  const leaving = useLeaveDialog(form.isDirty && form.values.username !== '', t('users.leave.text'))
  const { values } = form
  const isMade = stage === 'connect'
  return (
    <>
      <ol className="steps">
        <Step
          number={1}
          title={t('steps.place')}
          state={stage === 'place' ? 'now' : 'done'}
          summary={placeText(values.home, storages)}
          onChange={isMade ? undefined : () => setStage('place')}
        >
          <PlaceStep form={form} storages={storages} onNext={() => setStage('user')} />
        </Step>
        <Step
          number={2}
          title={t('steps.user')}
          state={isMade ? 'done' : stage === 'user' ? 'now' : 'later'}
          summary={<span className="name">{values.username}</span>}
        >
          <FirstUserForm form={form} />
        </Step>
        <Step number={3} title={t('steps.connect')} state={isMade ? 'now' : 'later'}>
          <ConnectStep draft={values} />
        </Step>
      </ol>
      {leaving}
    </>
  )
}

interface PlaceStepProps {
  readonly form: Form<UserDraft>
  readonly storages: readonly StorageResource[]
  readonly onNext: () => void
}

function PlaceStep({ form: { values, set }, storages, onNext }: PlaceStepProps) {
  const isUsable = isUsablePlace(values.home)
  const [isTold, setTold] = useState(false)
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        setTold(!isUsable)
        if (isUsable) onNext()
      }}
    >
      <p>{t('steps.placeLead')}</p>
      <PlacePicker
        label={t('users.home')}
        name="home_dir"
        place={values.home}
        storages={storages}
        error={isTold && !isUsable ? t('users.error.directory') : undefined}
        onChange={(home) => set({ home })}
      />
      <div className="form-actions">
        <Button kind="primary" type="submit">
          {t('steps.next')}
        </Button>
      </div>
    </form>
  )
}

function ConnectStep({ draft }: { readonly draft: UserDraft }) {
  const may = useMay()
  const user = connectUserOfDraft(draft)
  return (
    <div className="form">
      <p>{t('steps.connectLead')}</p>
      <ConnectHelp user={user} />
      {may('view_users') ? <ArrivalLine username={user.username} /> : null}
      <div className="form-actions">
        <Button kind="primary" onClick={() => goTo('users')}>
          {t('steps.finish')}
        </Button>
        <a className="button" href="../client/login" target="_blank" rel="noopener">
          {t('steps.openClient')}
        </a>
      </div>
    </div>
  )
}
