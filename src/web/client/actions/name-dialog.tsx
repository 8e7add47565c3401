import { Button } from '../../shared/components/button.tsx'
import { Dialog } from '../../shared/components/dialog.tsx'
import { TextField } from '../../shared/components/field.tsx'
import { FormFailure } from '../../shared/components/states.tsx'
import { t } from '../../shared/i18n.ts'
import { useForm } from '../../shared/use-form.ts'

export interface NameDialogProps {
  readonly title: string
  readonly action: string
  readonly initial: string
  readonly send: (name: string) => Promise<void>
  readonly onClose: () => void
}

/** A name for something new, or another one for what is there. */
export function NameDialog({ title, action, initial, send, onClose }: NameDialogProps) {
  const form = useForm({
    initial: { name: initial },
    fields: ['name', 'path', 'target'],
    validate: ({ name }) => {
      const problem = nameProblem(name)
      return problem === undefined ? {} : { name: problem }
    },
    send: async ({ name }) => {
      if (name !== initial) await send(name)
      onClose()
    },
  })
  return (
    <Dialog
      title={title}
      onClose={onClose}
      isDirty={form.isDirty}
      actions={
        <>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button kind="primary" isBusy={form.isBusy} onClick={() => void form.submit()}>
            {action}
          </Button>
        </>
      }
    >
      <form noValidate onSubmit={(event) => void form.submit(event)}>
        <FormFailure text={form.failure} />
        <TextField
          label={t('files.name')}
          name="name"
          isFocused
          value={form.values.name}
          error={form.errors['name'] ?? form.errors['target'] ?? form.errors['path']}
          onChange={(name) => form.set({ name })}
        />
      </form>
    </Dialog>
  )
}

function nameProblem(name: string): string | undefined {
  if (name === '') return t('files.name.missing')
  if (name.includes('/')) return t('files.name.slash')
  return name === '.' || name === '..' ? t('files.name.dots') : undefined
}
