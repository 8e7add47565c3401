import { FileJobs } from '../../../core/files/file-jobs.ts'
import type { ExpensiveRequests } from '../expensive-requests.ts'
import type { HttpApp } from '../http-app.ts'
import { serveContents } from './contents.ts'
import { serveDirectories } from './directories.ts'
import { serveDownloads } from './downloads.ts'
import { serveJobs } from './jobs.ts'
import { serveLongAnswer } from './long-answer.ts'
import { serveProfile, type ProfileRouteParts } from './profile.ts'
import { serveUploads } from './uploads.ts'

/** Everything behind the WebClient, for users who are signed in with a browser. */
export function serveUserApi(
  app: HttpApp,
  parts: ProfileRouteParts & { readonly expensive: ExpensiveRequests },
): void {
  const jobs = new FileJobs()
  app.addHook('onClose', () => jobs[Symbol.asyncDispose]())
  serveDirectories(app)
  serveContents(app)
  serveDownloads(app, parts.expensive)
  serveLongAnswer(app)
  serveUploads(app)
  serveJobs(app, jobs)
  serveProfile(app, parts)
}
