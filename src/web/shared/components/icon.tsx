/** Drawn here on a 24-unit grid with one stroke width, so that they belong together. */
const paths = {
  activity: 'M3 12h4l3-8 4 16 3-8h4',
  add: 'M12 5v14M5 12h14',
  alert: 'M12 8v5M12 16.5v.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  back: 'M15 5l-7 7 7 7',
  backup:
    'M4 7c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 7v10c0 1.7 3.6 3 8 3s8-1.3 8-3V7M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  cancel: 'M6 6l12 12M18 6L6 18M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z',
  check: 'M4 12.5l5 5L20 6.5',
  close: 'M6 6l12 12M18 6L6 18',
  connect: 'M9 15l6-6M8 11l-3 3a3.5 3.5 0 0 0 5 5l3-3M16 13l3-3a3.5 3.5 0 0 0-5-5l-3 3',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  delete: 'M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5',
  device: 'M7 3h10v18H7zM10.5 18h3',
  disk: 'M4 14h16v5H4zM6 5h12l2 9H4zM16.5 16.5v.01',
  down: 'M6 9l6 6 6-6',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM13.5 7.5l3 3',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  folder: 'M3 6h6l2 2h10v11H3z',
  folderAdd: 'M3 6h6l2 2h10v11H3zM12 11v5M9.5 13.5h5',
  forward: 'M9 5l7 7-7 7',
  health: 'M12 20s-8-4.6-8-10.2A4.4 4.4 0 0 1 12 7a4.4 4.4 0 0 1 8 2.8C20 15.4 12 20 12 20z',
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15 9v.01',
  key: 'M8 15a4 4 0 1 1 3.7-5.5L21 9.5v3h-2.5v2.5h-3v-2.5h-3.8A4 4 0 0 1 8 15zM7.5 11v.01',
  language: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3.5 9.5h17M3.5 14.5h17M12 3c-5 5-5 13 0 18 5-5 5-13 0-18z',
  less: 'M5 12h14',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  live: 'M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7.5 7.5a6.4 6.4 0 0 0 0 9M16.5 7.5a6.4 6.4 0 0 1 0 9M4.8 4.8a10.2 10.2 0 0 0 0 14.4M19.2 4.8a10.2 10.2 0 0 1 0 14.4',
  menu: 'M4 6h16M4 12h16M4 18h16',
  more: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  move: 'M3 6h6l2 2h10v11H3zM10 14h6M13.5 11l3 3-3 3',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  refresh: 'M20 5v5h-5M4 19v-5h5M19 10a7.5 7.5 0 0 0-13-3.5M5 14a7.5 7.5 0 0 0 13 3.5',
  rename: 'M4 17h9M4 20h16M5 13l1-3 8-8 2.5 2.5-8 8z',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M14 5v4M6 15v4',
  shield: 'M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6z',
  signOut: 'M10 4H5v16h5M14 8l4 4-4 4M18 12H9',
  sort: 'M8 5v14M5 8l3-3 3 3M16 19V5M13 16l3 3 3-3',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  theme:
    'M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  up: 'M6 15l6-6 6 6',
  upload: 'M12 20V9M7 13l5-5 5 5M5 4h14',
  user: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20c.8-3.6 4-5.5 8-5.5s7.2 1.9 8 5.5',
  users:
    'M9 4.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2.5 19.5c.6-3.2 3-5 6.5-5s5.9 1.8 6.5 5M15.5 4.7a3.5 3.5 0 0 1 0 6.6M17.500 14.7c2.2.6 3.6 2.300 4 4.8',
  warning: 'M12 4L2.5 20h19zM12 10v4.5M12 17.2v.01',
} as const

export type IconName = keyof typeof paths

/** Decoration: what it means is said by text beside it, or by the label of its button. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
