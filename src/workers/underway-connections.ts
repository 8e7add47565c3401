import type { ChildProcess } from 'node:child_process'

/** What node:cluster says to a worker with a connection, and what comes back when the worker has taken it. */
interface ClusterMessage {
  readonly cmd?: unknown
  readonly act?: unknown
  readonly seq?: number
  readonly ack?: number
}

/**
 * Connections that node:cluster has sent to a worker and the worker has not taken yet. Node waits for its answer for
 * ever, also when the worker is dead, and then does not even notice that its pipe has ended: the client hangs, and so
 * does the next one of each port, which the dead worker is still given. So this follows what they say to each other,
 * and answers for the worker when it is gone.
 */
export class UnderwayConnections {
  readonly #child: ChildProcess
  readonly #sent = new Set<number>()

  constructor(child: ChildProcess) {
    this.#child = child
    const send = child.send.bind(child) as (message: ClusterMessage, ...rest: unknown[]) => boolean
    child.send = (message: ClusterMessage, ...rest: unknown[]) => {
      if (message.cmd === 'NODE_CLUSTER' && message.act === 'newconn' && message.seq !== undefined)
        this.#sent.add(message.seq)
      return send(message, ...rest)
    }
    child.on('internalMessage', ({ ack }: ClusterMessage) => {
      if (ack !== undefined) this.#sent.delete(ack)
    })
  }

  /** The worker has ended: it is given nothing any more. */
  forgetWorker(): void {
    this.#child.emit('disconnect')
  }

  /**
   * What it has not taken goes to others. Once all that it said has been heard, and the worker is forgotten: it may have
   * taken one and begun to talk to the client, and an answer makes Node send the next connection to whoever gave it.
   */
  passOn(): void {
    for (const ack of this.#sent)
      this.#child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false })
    this.#sent.clear()
  }
}
