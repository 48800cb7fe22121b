package org.pgdeltastream.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JavaScript client in Chromium: nothing lost and nothing twice, whatever breaks. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ClientIT extends ClientStory {
  @Test
  void keepsATableThroughRestartsAndALostSlot() throws Exception {
    insert(1, 1000);
    run(
        """
        const client = new DeltaClient({ url: '/' })
        for await (const entry of follow(client, { slotName: 'delta_js', tables: ['public.orders'], delay: () => 200 })) take(entry)
        """);
    awaitRows(1000);
    for (int id = 1001; id <= 1100; id++) {
      insert(id, id);
    }
    awaitRows(1100);
    database.execute(
        "update orders set status = 'done' where id <= 10; delete from orders where id = 11");
    awaitRows(1099);

    program.kill();
    insert(2001, 2050);
    program = program();
    awaitRows(1149);
    program.stop();
    insert(2051, 2060);
    program = program();
    awaitRows(1159);
    assertThat(browser.run("return resets + ' ' + rows.get(10)")).isEqualTo("1 done");

    program.delete("/v1/slots/delta_js?force=true");
    insert(3001, 3005);
    awaitRows(1164);
    assertThat(browser.run("return resets")).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"websocket", "events", "pull"})
  void keepsATableByAFeedWhicheverWay(String way) throws Exception {
    insert(1, 100);
    run(
        """
        const client = new DeltaClient({ url: '/' })
        for await (const entry of follow(client, { feed: 'main', tables: ['public.orders'], ways: ['%s'], delay: () => 200 })) take(entry)
        """
            .formatted(way));
    awaitRows(100);
    insert(101, 150);
    awaitRows(150);
    program.kill();
    insert(201, 220);
    program = program();
    awaitRows(170);
    insert(301, 310);
    awaitRows(180);
    assertThat(browser.run("return resets")).isEqualTo("1");
    assertThat(database.text("select string_agg(slot_name, ',') from pg_replication_slots"))
        .as("rows need no slot")
        .isEqualTo("delta_feed_main");
  }

  /** The first connection ends behind its first rows. */
  @ParameterizedTest
  @ValueSource(strings = {"websocket", "events"})
  void beginsAnewWhereTheRowsBreakOff(String way) throws Exception {
    database.execute(
        "insert into orders select i, repeat('x', 1000) from generate_series(1, 1000) i");
    run(
        """
        let cut = true
        class Cut extends WebSocket {
          set onmessage(take) {
            let broken = false
            super.onmessage = event => {
              if (broken) return // what comes before it is closed
              take(event)
              broken = cut && event.data.startsWith('{"snapshot"')
              if (broken) setTimeout(() => { states.push('cut'); this.close() }, cut = false)
            }
          }
        }
        const cutting = async (...call) => {
          const answer = await fetch(...call)
          let got = 0
          const body = answer.body.pipeThrough(new TransformStream({
            transform(chunk, out) {
              out.enqueue(cut ? chunk.subarray(0, Math.max(0, 100000 - got)) : chunk)
              if (!cut || got >= 100000 || (got += chunk.length) < 100000) return
              const end = () => { // what is not taken yet would go with it
                if (resets === 0) return setTimeout(end, 20)
                cut = false
                states.push('cut')
                out.error('cut')
              }
              end()
            },
          }))
          return new Response(body, answer)
        }
        const client = new DeltaClient({ url: '/', WebSocket: Cut, fetch: cutting })
        for await (const entry of follow(client, { feed: 'main', tables: ['public.orders'], ways: ['%s'], delay: () => 200 })) {
          take(entry)
        }
        """
            .formatted(way));
    awaitRows(1000);
    insert(1001, 1001);
    awaitRows(1001);
    // one if none of the first rows was taken before they broke off
    assertThat(browser.run("return states.join() + ' ' + resets")).isIn("cut 1", "cut 2");
  }

  /** Its value was not logged: only the rows can tell. */
  @ParameterizedTest
  @ValueSource(strings = {"websocket", "events", "pull"})
  void readsTheRowsAgainWhereAChangeIsNotWhole(String way) throws Exception {
    database.execute("alter table orders alter status set storage external");
    database.execute("insert into orders values (1, repeat('x', 5000)), (101, 'new')");
    run(
        """
        const client = new DeltaClient({ url: '/' })
        const options = { tables: ['public.orders'], rows: 'public.orders:id=gt.100', ways: ['%s'], delay: () => 200 }
        for await (const entry of follow(client, { feed: 'main', ...options })) take(entry)
        """
            .formatted(way));
    awaitRows(1);
    insert(102, 102);
    awaitRows(2);
    database.execute("update orders set id = 201 where id = 1");
    awaitRows(3);
    assertThat(browser.run("return resets + ' ' + rows.get(201).length")).isEqualTo("2 5000");
    database.execute("delete from orders where id = 101");
    awaitRows(2);
  }

  @Test
  void saysThatThePositionIsLostWhereThatIsWanted() throws Exception {
    insert(1, 5);
    run(
        """
        let position = '00000000.1.00000000.0/1'
        const store = { load: () => position, save: value => { position = value } }
        const client = new DeltaClient({ url: '/' })
        const options = { feed: 'main', tables: ['public.orders'], store, onLost: 'throw' }
        try { for await (const entry of follow(client, options)) states.push(entry.type) }
        catch (e) { states.push(e.code) }
        position = undefined
        for await (const entry of follow(client, options)) take(entry)
        """);
    awaitRows(5);
    assertThat(browser.run("return states.join()")).isEqualTo("ready,must_refetch");
  }

  /** The first of three that came in one answer is being taken when the server goes away. */
  @Test
  void givesNothingTwiceWhereAPullIsTakenSlowly() throws Exception {
    String before = database.text("select pg_current_wal_lsn()");
    insert(1, 1);
    insert(2, 2);
    insert(3, 3);
    await("all in one answer")
        .atMost(SOON)
        .until(
            () ->
                program
                        .get("/v1/feeds/main/changes?after=" + before)
                        .body()
                        .split("nextlsn", -1)
                        .length
                    == 4);
    run(
        """
        ready = true
        const going = new Promise(done => { window.goOn = done })
        const client = new DeltaClient({ url: '/' })
        const feed = client.feed('main', { ways: ['pull'], from: '%s', delay: () => 200 })
        feed.addEventListener('state', event => states.push(event.state))
        for await (const transaction of feed) { take(transaction); await going }
        """
            .formatted(before));
    awaitRows(1);
    program.kill();
    await("the loss")
        .atMost(SOON)
        .until(() -> browser.run("return states.includes('waiting')").equals("true"));
    program = program();
    browser.run("goOn()");
    awaitRows(3);
    insert(4, 4);
    awaitRows(4);
  }

  @Test
  void takesAnotherWayWhereWebsocketsDoNotPass() throws Exception {
    run(
        """
        class Blocked { constructor() { setTimeout(() => this.onclose({ code: 1006, reason: '' })) } close() {} }
        const client = new DeltaClient({ url: '/', WebSocket: Blocked })
        const feed = client.feed('main', { delay: () => 100 })
        feed.addEventListener('state', event => { if (event.state === 'open') states.push(event.detail.way) })
        ready = true
        for await (const transaction of feed) take(transaction)
        """);
    await("another way").atMost(SOON).until(() -> browser.run("return states[0]").equals("events"));
    insert(1, 1);
    awaitRows(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"websocket", "events"})
  void missesNothingBeforeItsFirstChange(String way) throws Exception {
    run(
        """
        const client = new DeltaClient({ url: '/' })
        const feed = client.feed('main', { tables: ['public.orders'], ways: ['%s'], delay: () => 200 })
        feed.addEventListener('state', () => states.push(feed.state))
        for await (const { changes } of feed) for (const { row } of changes) rows.set(row.id, row)
        """
            .formatted(way));
    await("its begin")
        .atMost(SOON)
        .until(() -> browser.run("return states.join()").contains("live"));
    program.kill();
    insert(1, 3);
    program = program();
    await("what it has missed")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(browser.run("return rows.size + failure")).isEqualTo("3"));
  }

  @Test
  void beginsAnewWhereTheFeedHasNotThePosition() throws Exception {
    insert(1, 5);
    run(
        """
        let position = '00000000.1.00000000.0/1'
        const store = { load: () => position, save: value => { position = value } }
        const client = new DeltaClient({ url: '/' })
        try {
          for await (const none of client.feed('main', { store })) states.push('none')
        } catch (e) { states.push(e instanceof DeltaError, e.code, e.reason) }
        for await (const entry of follow(client, { feed: 'main', tables: ['public.orders'], store })) take(entry)
        """);
    awaitRows(5);
    assertThat(browser.run("return states.join() + ' ' + resets"))
        .isEqualTo("true,must_refetch,system 1");
  }

  @Test
  void losesNoDigit() throws Exception {
    String row = "bigint,9223372036854775807,0.10000000000000000001,1,1.5,";
    database.execute(
        "create table digits (id bigint primary key, n numeric, j jsonb, d double precision, t text)");
    try {
      database.execute(
          "insert into digits values (9223372036854775807, 0.10000000000000000001, '{\"a\":[1]}', 0.5, null)");
      run(
          """
          const client = new DeltaClient({ url: '/' })
          const slot = await client.init({ slotName: 'delta_js' })
          const line = row => [typeof row.id, row.id, row.n, row.j.a[0], row.d + 1, row.t].join()
          for await (const row of client.rows('delta_js', 'digits')) states.push(line(row))
          for await (const { type, row } of follow(client, { feed: 'main', tables: ['public.digits'] })) {
            if (type === 'row') states.push(line(row))
            if (type === 'ready') break
          }
          for await (const { changes } of client.stream('delta_js')) {
            changes.filter(change => change.action === 'update').forEach(change => states.push(line(change.row)))
          }
          """);
      await("the rows").atMost(SOON).until(() -> browser.run("return states.length").equals("2"));
      database.execute("update digits set d = 0.5");
      await("the change").atMost(SOON).until(() -> browser.run("return states.length").equals("3"));
      assertThat(browser.run("return states.join('|')")).isEqualTo(row + "|" + row + "|" + row);
    } finally {
      database.execute("drop table digits");
    }
  }

  /** More transactions than it may acknowledge one by one. */
  @Test
  void keepsUpWithManySmallTransactions() throws Exception {
    run(
        """
        const client = new DeltaClient({ url: '/' })
        for await (const entry of follow(client, { slotName: 'delta_js', tables: ['public.orders'] })) take(entry)
        """);
    awaitRows(0);
    database.execute(
        "do $$ begin for i in 1..12000 loop insert into orders values (i, 'many'); commit; end loop; end $$");
    awaitRows(12000);
    assertThat(browser.run("return resets + failure")).isEqualTo("1");
    await("the acknowledgement")
        .atMost(SOON)
        .until(
            () ->
                database
                    .text(
                        "select pg_current_wal_lsn() - confirmed_flush_lsn < 100000"
                            + " from pg_replication_slots where slot_name = 'delta_js'")
                    .equals("t"));
  }
}
