export const folders = {
  'folders.deleteText':
    'One user loses this folder and is disconnected: {names}. The files stay in the storage. | {n} users lose this folder and are disconnected: {names}. The files stay in the storage.',
  'folders.deleteTitle': 'Delete the folder {name}?',
  'folders.deleteUnused': 'No user has it. The files stay in the storage.',
  'folders.deleted': 'The folder {name} was deleted.',
  'folders.disconnects': 'Saving disconnects the users who have this folder; their clients connect again.',
  'folders.empty': 'There are no folders yet',
  'folders.emptyHint': 'A folder is made when a user gets a further storage: open a user, then Files.',
  'folders.lead': 'Storages that users have beside their own files.',
  'folders.more': 'and {n} more | and {n} more',
  'folders.noMatch': 'No folder matches',
  'folders.place': 'Leads to',
  'folders.saved': 'The folder {name} was saved.',
  'folders.search': 'Search folders',
  'folders.title': 'Folders',
  'folders.unused': 'Nobody',
  'folders.users': 'Users',
} as const
