import type { firstSteps as english } from '../en/first-steps.ts'
import type { Translation } from '../message-key.ts'

export const firstSteps: Translation<typeof english> = {
  'steps.arrived': 'Ha llegado el primer archivo. Todo funciona.',
  'steps.change': 'Cambiar',
  'steps.connect': 'Conectar',
  'steps.connectLead': 'Introduzca esto en un programa, o abra el WebClient, y suba un archivo.',
  'steps.finish': 'Ir a los usuarios',
  'steps.lead': 'Tres pasos hasta su primer archivo.',
  'steps.nameHint': 'De una persona o un dispositivo, tal como inicia sesión.',
  'steps.next': 'Siguiente',
  'steps.openClient': 'Abrir el WebClient',
  'steps.place': '¿Dónde se guardan los archivos?',
  'steps.placeLead':
    'El complemento tiene espacio propio. Un almacenamiento es mejor cuando los paneles, Jupyter u otros complementos usan los archivos.',
  'steps.signedIn': 'Sesión iniciada. Esperando el primer archivo…',
  'steps.skip': 'Saltar a los usuarios',
  'steps.title': 'Primeros pasos',
  'steps.user': 'El primer usuario',
  'steps.waiting': 'Esperando el primer archivo…',
}
