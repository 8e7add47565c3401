/**
 * Pages of the two apps, by the names that bookmarks of earlier versions have. What a page shows is said behind `#`:
 * that part never leaves the browser, so file and user names are in no address.
 */
export const adminPages = [
  'login',
  'setup',
  'users',
  'user',
  'folders',
  'connections',
  'events',
  'status',
  'maintenance',
  'configs',
  'managers',
  'profile',
] as const
export type AdminPage = (typeof adminPages)[number]

export const clientPages = ['login', 'files', 'profile'] as const
export type ClientPage = (typeof clientPages)[number]
