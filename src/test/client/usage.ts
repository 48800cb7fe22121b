// What the types of the JavaScript client promise to those who use it; .ci/types compiles it.
import { DeltaClient, DeltaError, follow, type Position, type Transaction } from '../../main/webapp/client/pgdeltastream.js';

interface Shop {
  orders: { id: bigint; total: string };
  customers: { id: bigint; name: string };
}

const client = new DeltaClient({ url: 'http://localhost:12312', token: async ({ refused }) => (refused ? 'new' : 'old') });
// @ts-expect-error a token is text
new DeltaClient({ token: 7 });

/** A table is kept, whatever happens; each row has its own table's columns. */
export async function keep(signal: AbortSignal): Promise<void> {
  const orders = new Map<bigint, Shop['orders']>();
  try {
    for await (const step of follow<Shop>(client, { slotName: 'delta_shop', tables: ['orders', 'customers'], signal })) {
      if (step.type === 'reset') orders.clear();
      else if (step.type === 'row' && step.table === 'orders') orders.set(step.row.id, step.row);
      else if (step.type === 'transaction') {
        for (const change of step.changes) {
          if (change.action === 'insert' && 'total' in change.row) orders.set(change.row.id, change.row);
          if (change.action === 'delete' && change.key?.id !== undefined) orders.delete(change.key.id);
        }
      }
      // @ts-expect-error customers have no total
      if (step.type === 'row' && step.table === 'customers') step.row.total;
      // @ts-expect-error there is no such table
      if (step.type === 'row' && step.table === 'invoices') orders.clear();
    }
  } catch (e) {
    if (e instanceof DeltaError) console.error(e.close ?? e.status, e.code, e.hint);
  }
}

/** Without types of one's own a row is what came. */
export async function print(): Promise<void> {
  const { slotName } = await client.init({ publications: ['p'] });
  for await (const row of client.rows<Shop['orders']>(slotName, 'orders')) console.log(row.total.length);
  for await (const { lsn, changes } of client.stream(slotName)) {
    const row: Record<string, unknown> | undefined = changes[0]?.row;
    // @ts-expect-error nobody knows what type a column of it has
    row?.['id'].toFixed();
    console.log(lsn, row);
  }
  // @ts-expect-error one of both
  follow(client, { slotName, feed: 'main', tables: [] });
}

/** The application says when a transaction is done. */
export async function followFeed(stored: Map<string, Position>): Promise<void> {
  const store = { load: () => stored.get('main'), save: (position: Position | undefined) => { if (position) stored.set('main', position); } };
  const feed = client.feed<Shop>('main', { ack: 'manual', store, ways: ['events', 'pull'] });
  // @ts-expect-error there is no such way
  client.feed('main', { ways: ['post'] });
  feed.addEventListener('state', () => console.log(feed.state));
  const done: Transaction<Shop>[] = [];
  for await (const transaction of feed) {
    done.push(transaction);
    await feed.acknowledge(transaction);
  }
}

/** Some rows of a feed, and their changes. Between the rows and `ready` a change has no position yet. */
export async function keepOpenOrders(orders: Map<bigint, Shop['orders']>): Promise<void> {
  for await (const step of follow<Shop>(client, { feed: 'main', tables: ['orders'], rows: 'public.orders:total=gt.100' })) {
    if (step.type === 'reset') orders.clear();
    else if (step.type === 'row' && step.table === 'orders') orders.set(step.row.id, step.row);
    else if (step.type === 'ready') console.log(orders.size, step.position.length);
    else if (step.type === 'transaction') console.log(step.position?.length, step.changes.length);
    // @ts-expect-error it may have none
    if (step.type === 'transaction') step.position.length;
  }
  // @ts-expect-error a feed has the publications that it was made with
  follow(client, { feed: 'main', tables: [], publications: ['p'] });
}
