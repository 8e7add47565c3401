import type { UserResource } from '../../../contract/user.ts'
import type { Form } from '../../shared/use-form.ts'
import type { UserDraft } from './user-draft.ts'

export interface SectionProps {
  readonly form: Form<UserDraft>
  /** The user as the server has it; undefined for a new one. */
  readonly before: UserResource | undefined
  /** True when one of the section's fields was refused. */
  readonly isWrong: boolean
}
