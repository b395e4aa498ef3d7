export interface DeadLetterCount {
  /** Name of the dead-letter queue. */
  readonly queue: string;
  /** Messages that wait in it, as SQS approximates them. */
  readonly messages: number;
}

/** Looks into the dead-letter queues; takes nothing out. */
export interface DeadLetters {
  readonly counts: () => Promise<readonly DeadLetterCount[]>;
}
