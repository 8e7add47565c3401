import { useEffect, useState } from 'react'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { ConfirmDialog } from '../../shared/components/dialog.tsx'
import { AreaField } from '../../shared/components/field.tsx'
import { Card } from '../../shared/components/page.tsx'
import { FormFailure } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellDone, tellFailure } from '../../shared/notices.tsx'
import { useForm } from '../../shared/use-form.ts'
import { fingerprintOf, isPrivateKey, publicKeyParts } from './public-key.ts'

export interface KeysCardProps {
  readonly keys: readonly string[]
  readonly onChanged: () => void
}

/** The keys that open SFTP without a password. */
export function KeysCard({ keys, onChanged }: KeysCardProps) {
  const [removing, setRemoving] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const send = async (lines: readonly string[]) => {
    try {
      await callApi('PUT', 'user/keys', { body: { public_keys: lines, expected_public_keys: keys } })
    } finally {
      // Also after a refusal: the keys may be others by now.
      onChanged()
    }
  }
  const remove = async () => {
    setBusy(true)
    try {
      await send(keys.filter((key) => key !== removing))
      tellDone(t('profile.keys.removed'))
      setRemoving(undefined)
    } catch (error) {
      tellFailure(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card title={t('profile.keys')}>
      <p className="soft">{t('profile.keys.lead')}</p>
      {keys.length === 0 ? <p>{t('profile.keys.none')}</p> : null}
      <ul className="profile-list">
        {keys.map((key) => (
          <li key={key}>
            <KeyLine line={key} onRemove={() => setRemoving(key)} />
          </li>
        ))}
      </ul>
      <AddKey keys={keys} send={send} />
      {removing === undefined ? null : (
        <ConfirmDialog
          title={t('profile.keys.removeTitle')}
          text={t('profile.keys.removeText')}
          action={t('profile.keys.remove')}
          isDangerous
          isBusy={isBusy}
          onConfirm={() => void remove()}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </Card>
  )
}

function KeyLine({ line, onRemove }: { readonly line: string; readonly onRemove: () => void }) {
  const [fingerprint, setFingerprint] = useState<string>()
  const key = publicKeyParts(line)
  useEffect(() => {
    if (key) void fingerprintOf(key).then(setFingerprint)
  }, [line])
  const name = key === undefined || key.comment === '' ? t('profile.keys.unnamed') : key.comment
  return (
    <>
      <div className="profile-what">
        <span className="name">{name}</span>
        <code className="soft">
          {key?.type ?? line.slice(0, 40)} {fingerprint ?? ''}
        </code>
      </div>
      <Button kind="quiet" icon="delete" label={t('profile.keys.removeName', { name })} onClick={onRemove} />
    </>
  )
}

interface AddKeyProps {
  readonly keys: readonly string[]
  readonly send: (lines: readonly string[]) => Promise<void>
}

function AddKey({ keys, send }: AddKeyProps) {
  const form = useForm({
    initial: { public_keys: '' },
    fields: ['public_keys'],
    validate: ({ public_keys: text }) => {
      const problem = keyProblem(text, keys)
      return problem === undefined ? {} : { public_keys: problem }
    },
    send: async ({ public_keys: text }) => {
      await send([...keys, text.trim()])
      form.reset({ public_keys: '' })
      tellDone(t('profile.keys.added'))
    },
  })
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <FormFailure text={form.failure} />
      <AreaField
        label={t('profile.keys.new')}
        name="public_keys"
        isCode
        hint={t('profile.keys.hint')}
        value={form.values.public_keys}
        error={form.errors['public_keys']}
        onChange={(value) => form.set({ public_keys: value })}
      />
      <div className="form-actions">
        <Button type="submit" icon="add" isBusy={form.isBusy}>
          {t('profile.keys.add')}
        </Button>
      </div>
    </form>
  )
}

function keyProblem(text: string, keys: readonly string[]): string | undefined {
  if (isPrivateKey(text)) return t('profile.keys.private')
  const key = publicKeyParts(text)
  if (text.trim().includes('\n') || key === undefined) return t('profile.keys.invalid')
  return keys.some((line) => publicKeyParts(line)?.data === key.data) ? t('profile.keys.known') : undefined
}
