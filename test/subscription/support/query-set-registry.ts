import { QuerySets, type QuerySetsHost, type SubscriptionStep } from '../../../src/subscription/query-sets.ts';
import { type ClientMessage } from '../../../src/wire/client-message.ts';
import { rowListOf } from '../../../src/wire/row-list.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** An error in words. */
export const textOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : 'no error';

/** What a test opens and closes. */
interface Connection {
  isOpen: boolean;
  wasWanted: boolean;
  readonly send: (message: ClientMessage) => void;
}

/** The registry, with a log of what it does. */
export class QuerySetRegistry implements QuerySetsHost {
  readonly clock: FakeClock = new FakeClock();
  readonly sent: ClientMessage[] = [];
  readonly log: string[] = [];
  readonly errors: unknown[] = [];
  readonly connection: Connection = {
    isOpen: true,
    wasWanted: true,
    send: (message: ClientMessage) => this.sent.push(message),
  };
  readonly schemaCheck: QuerySetsHost['schemaCheck'] = {
    errorFor: (): undefined => undefined,
    explainEnd: (reason: Error): Promise<Error> => Promise.resolve(reason),
  };
  #requestId = 100;
  #querySetId = 0;
  readonly ids: QuerySetsHost['ids'] = {
    nextRequestId: () => ++this.#requestId,
    nextQuerySetId: () => ++this.#querySetId,
  };
  readonly sets: QuerySets = new QuerySets(this, 5000);

  applySubscription({ event }: SubscriptionStep, afterwards: () => void): void {
    this.log.push(event.kind);
    afterwards();
  }

  onTableNamed(table: string): void {
    this.log.push(`${table} named`);
  }

  onTableAnswered(table: string, error: unknown): void {
    this.log.push(error === undefined ? `${table} answered` : `${table}: ${textOf(error)}`);
  }

  readonly reportError = (error: unknown): void => void this.errors.push(error);

  /** The last message that was sent is answered with rows. */
  accept(table?: string): void {
    const { requestId, querySetId } = this.#last('Subscribe');
    const tables = table === undefined ? [] : [{ table, rows: rowListOf([Uint8Array.of(1)]) }];
    this.sets.onSubscribeApplied({ tag: 'SubscribeApplied', requestId, querySetId, tables });
  }

  refuse(error = 'no such table'): void {
    const { requestId, querySetId } = this.#last('Subscribe');
    this.sets.onSubscriptionError({ tag: 'SubscriptionError', requestId, querySetId, error });
  }

  end(): void {
    const { requestId, querySetId } = this.#last('Unsubscribe');
    this.sets.onUnsubscribeApplied({ tag: 'UnsubscribeApplied', requestId, querySetId, tables: undefined });
  }

  lose(): void {
    this.connection.isOpen = false;
    this.sets.onLost();
  }

  open(): void {
    this.connection.isOpen = true;
    this.sets.onOpen();
  }

  #last<Tag extends 'Subscribe' | 'Unsubscribe'>(tag: Tag): ClientMessage & { tag: Tag } {
    const found = this.sent.filter((message): message is ClientMessage & { tag: Tag } => message.tag === tag).at(-1);
    if (found === undefined) throw new Error(`no ${tag} was sent`);
    return found;
  }
}
