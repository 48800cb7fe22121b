/** Rows by "schema.table" or "table". */
export type Tables<T> = { [K in keyof T]: object };
export type Any = Record<string, Record<string, unknown>>;
/** An LSN, such as `0/170FCB0`, or a feed's position, which ends with one. */
export type Position = string;

export class DeltaError extends Error {
  /** Of HTTP. */
  readonly status?: number;
  /** Of a websocket, or of an event stream's end. */
  readonly close?: number;
  readonly code?: string;
  readonly hint?: string;
  readonly retry?: boolean;
  /** Why a feed's position is not there. */
  readonly reason?: 'window' | 'system' | 'timeline' | 'view' | 'identity' | 'toast';
}

export interface NewSlot {
  slotName: string;
  plugin: 'wal2json' | 'pgoutput';
  publications: string[];
  consistentPoint: Position;
  snapshotExpires: string;
  stream: string;
  warnings: string[];
}

export interface SlotStatus {
  slotName: string;
  plugin: string;
  active: boolean;
  lagBytes: number;
  retainedWalBytes: number;
  walStatus?: string;
  warnings: string[];
}

export type Change<T extends Tables<T> = Any> = {
  [K in keyof T & string]:
    | { action: 'insert'; schema: string; table: string; row: T[K]; key?: undefined }
    | { action: 'update'; schema: string; table: string; row: Partial<T[K]>; key?: Partial<T[K]> }
    | { action: 'delete'; schema: string; table: string; row?: undefined; key?: Partial<T[K]> }
    | { action: 'truncate'; schema: string; table: string; row?: undefined; key?: undefined }
    | { action: 'message'; prefix: string; content: string; row?: undefined; key?: undefined };
}[keyof T & string];

export interface Transaction<T extends Tables<T> = Any> {
  type: 'transaction';
  position: Position;
  lsn: string;
  timestamp?: string;
  changes: Change<T>[];
}

export interface Store {
  load(): Promise<Position | undefined> | Position | undefined;
  save(position: Position | undefined): Promise<void> | void;
}

export type State = 'idle' | 'connecting' | 'open' | 'live' | 'waiting' | 'closed';

export interface SubscriptionOptions {
  /** Where to begin; `store` is asked otherwise. */
  from?: Position;
  store?: Store;
  /** `next`: a transaction is done when the next one is asked for. */
  ack?: 'next' | 'manual';
  tables?: string[];
  actions?: ('insert' | 'update' | 'delete' | 'truncate')[];
  /** Further stream options, by their names. */
  query?: Record<string, string | number>;
  signal?: AbortSignal;
  retry?: (close: number) => boolean;
  /** Milliseconds before the next try. */
  delay?: (tries: number) => number;
}

export interface StreamOptions extends SubscriptionOptions {
  publications?: string[];
  /** Bytes that may be unacknowledged; 4 MB. */
  window?: number;
}

export type Way = 'websocket' | 'events' | 'pull';

export interface FeedOptions extends SubscriptionOptions {
  /** Tried in this order. */
  ways?: Way[];
  columns?: string;
  /** `public.orders:status=eq.open`; conditions on other tables are items of their own. */
  rows?: string | string[];
  linger?: number;
}

export class Subscription<T extends Tables<T> = Any> extends EventTarget implements AsyncIterable<Transaction<T>> {
  readonly state: State;
  readonly position: Position | undefined;
  acknowledge(transaction: Pick<Transaction<T>, 'position'>): Promise<void>;
  close(): void;
  [Symbol.asyncIterator](): AsyncGenerator<Transaction<T>, void, void>;
}

export class DeltaStream<T extends Tables<T> = Any> extends Subscription<T> {}
export class DeltaFeed<T extends Tables<T> = Any> extends Subscription<T> {}

export class DeltaClient {
  constructor(options?: {
    url?: string | URL;
    token?: string | ((why: { refused: boolean; expires?: string }) => string | undefined | Promise<string | undefined>);
    parse?: Record<string, (text: string) => unknown>;
    fetch?: typeof fetch;
    WebSocket?: typeof WebSocket;
  });
  init(options?: { slotName?: string; plugin?: 'auto' | 'wal2json' | 'pgoutput'; publications?: string[] }): Promise<NewSlot>;
  slots(): Promise<SlotStatus[]>;
  drop(slotName: string, force?: boolean): Promise<void>;
  rows<R = Record<string, unknown>>(slotName: string, table: string, options?: { columns?: string[]; rows?: string; signal?: AbortSignal }): AsyncGenerator<R, void, void>;
  stream<T extends Tables<T> = Any>(slotName: string, options?: StreamOptions): DeltaStream<T>;
  feed<T extends Tables<T> = Any>(feed: string, options?: FeedOptions): DeltaFeed<T>;
}

export type Followed<T extends Tables<T> = Any> =
  /** Forget all rows: they come anew. */
  | { type: 'reset' }
  | { [K in keyof T & string]: { type: 'row'; table: K; row: T[K] } }[keyof T & string]
  /** The rows are whole. */
  | { type: 'ready'; position: Position }
  /** Between a feed's rows and `ready` they have no position yet. */
  | (Omit<Transaction<T>, 'position' | 'lsn'> & { position?: Position; lsn?: string });

/** One consumer, by `for await`. With `onLost: 'throw'` it ends where the position is lost. */
export function follow<T extends Tables<T> = Any>(
  client: DeltaClient,
  options: (StreamOptions & { slotName: string; feed?: undefined } | FeedOptions & { feed: string; slotName?: undefined })
    & { tables: (keyof T & string)[]; onLost?: 'restart' | 'throw' },
): AsyncGenerator<Followed<T>, void, void>;

export function mayReturn(close: number): boolean;
export function backoff(tries: number, first?: number, most?: number): number;
