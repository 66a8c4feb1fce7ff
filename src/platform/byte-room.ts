/** Bounds the memory of bodies while they are read: each body, and all together. */
export interface ByteRoom {
  /** Opens an account for one more body. */
  open(): {
    /** Counts `bytes` more. @throws RangeError when this body, or all together, become too large */
    take(bytes: number): void
    /** Releases the body's bytes. Call it once, when the body has been read or dropped. */
    close(): void
  }
}

/** `each` and `total` in bytes. */
export function createByteRoom({ each, total }: { each: number; total: number }): ByteRoom {
  let all = 0
  return {
    open() {
      let own = 0
      return {
        take(bytes) {
          own += bytes
          all += bytes
          if (own > each) throw new RangeError(`an answer of more than ${each} bytes`)
          if (all > total) throw new RangeError(`the answers in progress hold more than ${total} bytes together`)
        },
        close() {
          all -= own
          own = 0
        },
      }
    },
  }
}
