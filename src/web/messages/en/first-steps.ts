export const firstSteps = {
  'steps.arrived': 'The first file has arrived. Everything works.',
  'steps.change': 'Change',
  'steps.connect': 'Connect',
  'steps.connectLead': 'Enter this in a program, or open the WebClient, and upload a file.',
  'steps.finish': 'Go to the users',
  'steps.lead': 'Three steps to your first file.',
  'steps.nameHint': 'For a person or a device, as it signs in.',
  'steps.next': 'Next',
  'steps.openClient': 'Open the WebClient',
  'steps.place': 'Where do the files go?',
  'steps.placeLead':
    'The plugin has space of its own. A storage is better when dashboards, Jupyter or other plugins use the files.',
  'steps.signedIn': 'Signed in. Waiting for the first file…',
  'steps.skip': 'Skip to the users',
  'steps.title': 'First steps',
  'steps.user': 'The first user',
  'steps.waiting': 'Waiting for the first file…',
} as const
