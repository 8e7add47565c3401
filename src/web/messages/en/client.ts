import { clientFrame } from './client-frame.ts'
import { connect } from './connect.ts'
import { files } from './files.ts'
import { profile } from './profile.ts'
import { secondFactor } from './second-factor.ts'
import { refusals } from './refusals.ts'
import { shared } from './shared.ts'

export const messages = {
  ...shared,
  ...refusals,
  ...secondFactor,
  ...connect,
  ...clientFrame,
  ...files,
  ...profile,
}
