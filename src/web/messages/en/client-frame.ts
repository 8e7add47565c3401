export const clientFrame = {
  'client.name': 'WebClient',
  'client.nav.files': 'Files',
  'client.nav.profile': 'Profile',
  'client.signIn.lead': 'Use the name and password that your administrator gave you.',
  'client.signIn.title': 'Sign in to your files',
  'client.signIn.toAdmin': 'For administrators: WebAdmin',
  'client.toAdmin': 'WebAdmin',
} as const
