import type { StorageResource } from '../../../contract/storage.ts'
import { Button } from '../../shared/components/button.tsx'
import { AreaField, CheckField, NumberField, SelectField, TextField } from '../../shared/components/field.tsx'
import { Card } from '../../shared/components/page.tsx'
import { t } from '../../shared/i18n.ts'
import { type FieldErrors, type Form, useForm } from '../../shared/use-form.ts'
import { isOfTable, maxBulkNames } from './bulk-names.ts'
import { bulkNames, type BulkDraft } from './bulk-plan.ts'
import { isUsableName, isUsablePlace } from './check-draft.ts'
import { PlacePicker } from './place-picker.tsx'
import { ownPlace } from './place.ts'
import { presetChoices, presetHint } from './preset-choices.ts'
import { bytesOf, noSize } from './size-amount.ts'
import { SizeField } from './size-field.tsx'

/** Devices mostly send, and see nothing. */
export const emptyBulkDraft: BulkDraft = {
  ...{ way: 'list', list: '', prefix: '', count: '', first: '1', preset: 'upload' },
  ...{ place: ownPlace, isApart: true, quotaSize: noSize, expires: '' },
}

export interface BulkFormProps {
  readonly storages: readonly StorageResource[]
  readonly initial: BulkDraft
  readonly onStart: (draft: BulkDraft) => void
}

/** Names, and what all of them share. */
export function BulkForm({ storages, initial, onStart }: BulkFormProps) {
  const form = useForm<BulkDraft>({
    initial,
    fields: ['home_dir', 'count', 'first', 'quota_size', 'expiration_date'],
    validate: check,
    send: async (draft) => onStart(draft),
  })
  const { values, errors, set } = form
  const names = bulkNames(values)
  return (
    <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
      <Names form={form} />
      <Card title={t('bulk.shared')}>
        <PlacePicker
          label={t('users.home')}
          name="home_dir"
          place={values.place}
          storages={storages}
          error={errors['home_dir']}
          onChange={(place) => set({ place })}
        />
        {values.place.kind === 'storage' ? (
          <CheckField
            label={t('bulk.apart')}
            name="apart"
            hint={t('bulk.apartHint')}
            isChecked={values.isApart}
            onChange={(isApart) => set({ isApart })}
          />
        ) : null}
        <div className="form-columns">
          <SelectField
            label={t('users.preset.label')}
            name="preset"
            value={values.preset}
            choices={presetChoices()}
            hint={presetHint(values.preset)}
            onChange={(preset) => set({ preset })}
          />
          <SizeField
            label={t('users.quotaSize')}
            name="quota_size"
            value={values.quotaSize}
            error={errors['quota_size']}
            onChange={(quotaSize) => set({ quotaSize })}
          />
          <TextField
            label={t('users.expires')}
            name="expiration_date"
            type="datetime-local"
            value={values.expires}
            error={errors['expiration_date']}
            hint={t('users.expiresHint')}
            onChange={(expires) => set({ expires })}
          />
        </div>
      </Card>
      <div className="form-actions">
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {names.length === 0 ? t('bulk.start') : t('bulk.startCount', { n: names.length })}
        </Button>
        <span className="soft">{t('bulk.passwords')}</span>
      </div>
    </form>
  )
}

function Names({ form: { values, errors, set } }: { readonly form: Form<BulkDraft> }) {
  const names = bulkNames(values)
  const preview =
    names.length > 3 ? `${names.slice(0, 2).join(', ')} … ${names.at(-1) ?? ''}` : names.join(', ')
  return (
    <Card title={t('bulk.names')}>
      <div className="form-columns">
        <SelectField
          label={t('bulk.way')}
          name="way"
          value={values.way}
          choices={[
            { value: 'list', label: t('bulk.wayList') },
            { value: 'count', label: t('bulk.wayCount') },
          ]}
          onChange={(way) => set({ way })}
        />
      </div>
      {values.way === 'list' ? (
        <AreaField
          label={t('bulk.list')}
          name="list"
          isCode
          rows={6}
          value={values.list}
          error={errors['list']}
          hint={t('bulk.listHint')}
          onChange={(list) => set({ list })}
        />
      ) : (
        <div className="form-columns">
          <TextField
            label={t('bulk.prefix')}
            name="prefix"
            value={values.prefix}
            error={errors['prefix']}
            onChange={(prefix) => set({ prefix })}
          />
          <NumberField
            label={t('bulk.count')}
            name="count"
            min={1}
            max={maxBulkNames}
            value={values.count}
            error={errors['count']}
            onChange={(count) => set({ count })}
          />
          <NumberField
            label={t('bulk.first')}
            name="first"
            min={0}
            value={values.first}
            error={errors['first']}
            onChange={(first) => set({ first })}
          />
        </div>
      )}
      {names.length === 0 ? null : (
        <p className="soft">
          {t('bulk.preview', { n: names.length })} <span className="name">{preview}</span>
        </p>
      )}
    </Card>
  )
}

function check(draft: BulkDraft): FieldErrors {
  const names = bulkNames(draft)
  const field = draft.way === 'list' ? 'list' : draft.prefix.trim() === '' ? 'prefix' : 'count'
  const wrong = names.find((name) => !isUsableName(name))
  const row = draft.way === 'list' ? names.find(isOfTable) : undefined
  return {
    ...(names.length === 0 ? { [field]: t('bulk.noNames') } : {}),
    ...(names.length > maxBulkNames ? { [field]: t('bulk.tooMany', { max: maxBulkNames }) } : {}),
    ...(wrong === undefined
      ? {}
      : { [draft.way === 'list' ? 'list' : 'prefix']: t('bulk.wrongName', { name: wrong }) }),
    ...(row === undefined ? {} : { list: t('bulk.wrongLine', { line: row }) }),
    ...(isUsablePlace(draft.place) ? {} : { home_dir: t('users.error.directory') }),
    ...(bytesOf(draft.quotaSize) === undefined ? { quota_size: t('users.error.number') } : {}),
  }
}
