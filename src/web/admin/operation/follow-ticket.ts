import { urlOf } from '../../shared/api.ts'

/** Lets the browser download what a link of the API gives out; the page stays as it is. */
export function followTicket({ url, name }: { readonly url: string; readonly name: string }): void {
  const link = document.createElement('a')
  link.href = urlOf(url)
  link.download = name
  link.className = 'hidden'
  document.body.append(link)
  link.click()
  link.remove()
}
