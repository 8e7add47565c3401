import type { FolderResource } from '../../../contract/folder.ts'
import { callApi } from '../../shared/api.ts'
import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { TextField } from '../../shared/components/field.tsx'
import { Banner, FormFailure } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { tellDone } from '../../shared/notices.tsx'
import { useForm } from '../../shared/use-form.ts'

export interface FolderDialogProps {
  readonly folder: FolderResource
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Changes what is said about a folder; where it leads stays. */
export function FolderDialog({ folder, onDone, onClose }: FolderDialogProps) {
  const form = useForm({
    initial: { description: folder.description },
    fields: ['description'],
    send: async ({ description }) => {
      // Without a place: it may have been moved since.
      await callApi('PUT', `folders/${encodeURIComponent(folder.name)}`, { body: { description } })
      tellDone(t('folders.saved', { name: folder.name }))
      onDone()
      onClose()
    },
  })
  return (
    <Dialog
      title={folder.name}
      onClose={onClose}
      isDirty={form.isDirty}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" isBusy={form.isBusy} onClick={() => void form.submit()}>
            {t('action.save')}
          </Button>
        </>
      }
    >
      <form className="form" noValidate onSubmit={(event) => void form.submit(event)}>
        <FormFailure text={form.failure} />
        <TextField
          label={t('users.description')}
          name="description"
          value={form.values.description}
          isFocused
          error={form.errors['description']}
          onChange={(description) => form.set({ description })}
        />
        {folder.users.length === 0 ? null : <Banner kind="info">{t('folders.disconnects')}</Banner>}
      </form>
    </Dialog>
  )
}
