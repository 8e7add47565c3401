export const adminFrame = {
  'admin.name': 'WebAdmin',
  'admin.nav.backups': 'Backups',
  'admin.nav.activity': 'Activity',
  'admin.nav.admins': 'Admins',
  'admin.nav.folders': 'Folders',
  'admin.nav.health': 'Health',
  'admin.nav.live': 'Live',
  'admin.nav.settings': 'Settings',
  'admin.nav.users': 'Users',
  'admin.profile': 'Password and tokens',
  'admin.signIn.help': 'I cannot sign in',
  'admin.signIn.helpCode':
    'Use the name setup with the setup code. It stands in the log of the plugin (Plugins > SFTPGo > Logs) and is good once.',
  'admin.signIn.helpNoCode':
    'Restart the plugin: if no local admin is set, its log then shows a new setup code to use with the name setup.',
  'admin.signIn.helpToken':
    'If your account has a second factor, or signs in through another provider, enter an access token of your account in place of the password.',
  'admin.signIn.leadLocal': 'For administrators of this server.',
  'admin.signIn.leadThinger': 'Use the name and password of your Thinger.io account.',
  'admin.signIn.title': 'Sign in to the WebAdmin',
  'admin.signIn.toClient': 'To your files: WebClient',
  'admin.toClient': 'WebClient',
} as const
