import { type QuerySetUpdate } from '../../wire/server-message.ts';
import { type EncodedMessage, encodeMessage } from './encoded-message.ts';

/** What a transaction changed for all connections that see the same of it. */
export class SharedUpdate {
  /** Never nothing. */
  readonly querySets: readonly QuerySetUpdate[];
  #message: EncodedMessage | undefined;

  constructor(querySets: readonly QuerySetUpdate[]) {
    this.querySets = querySets;
  }

  /** The `TransactionUpdate`, made when the first of them asks for it. */
  get message(): EncodedMessage {
    this.#message ??= encodeMessage({ tag: 'TransactionUpdate', querySets: this.querySets }, true);
    return this.#message;
  }
}
