import type { folders as english } from '../en/folders.ts'
import type { Translation } from '../message-key.ts'

export const folders: Translation<typeof english> = {
  'folders.deleteText':
    'Un usuario pierde esta carpeta y se desconecta: {names}. Los archivos se quedan en el almacenamiento. | {n} usuarios pierden esta carpeta y se desconectan: {names}. Los archivos se quedan en el almacenamiento.',
  'folders.deleteTitle': '¿Borrar la carpeta {name}?',
  'folders.deleteUnused': 'Ningún usuario la tiene. Los archivos se quedan en el almacenamiento.',
  'folders.deleted': 'Se ha borrado la carpeta {name}.',
  'folders.disconnects':
    'Al guardar se desconectan los usuarios que tienen esta carpeta; sus clientes se conectan de nuevo.',
  'folders.empty': 'Aún no hay carpetas',
  'folders.emptyHint':
    'Una carpeta se crea cuando un usuario recibe otro almacenamiento: abra un usuario y vaya a Archivos.',
  'folders.lead': 'Almacenamientos que los usuarios tienen junto a sus propios archivos.',
  'folders.more': 'y {n} más | y {n} más',
  'folders.noMatch': 'Ninguna carpeta coincide',
  'folders.place': 'Lleva a',
  'folders.saved': 'Se ha guardado la carpeta {name}.',
  'folders.search': 'Buscar carpetas',
  'folders.title': 'Carpetas',
  'folders.unused': 'Nadie',
  'folders.users': 'Usuarios',
}
