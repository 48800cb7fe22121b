package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.stream.SlotStream;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.ServerLog;
import org.pgdeltastream.support.TestDatabase;

/** What pgoutput's descriptions of very many tables cost, as PostgreSQL's own log tells. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ManyTablesPostgresIT {
  private static final int PARTITIONS = 1600;
  private static final int FEW = 10; // questions, for as many relations

  @TempDir private Path directory;
  private TestDatabase database;
  private ServerLog log;
  private TestRegistry server;
  private final RecordingSubscriber client = new RecordingSubscriber();

  @BeforeEach
  void start() throws Exception {
    database =
        TestDatabase.embedded(ServerLog.settings(directory, "max_locks_per_transaction", "1000"));
    log = ServerLog.of(database, directory);
    database.execute(
        "create table t (id int, n int default 1, name text not null default 'x',"
            + " primary key (id, n)) partition by range (id)");
    database.execute(
        "do $$ begin for i in 1..%d loop execute format('create table t%%s partition of t"
                .formatted(PARTITIONS)
            + " for values from (%s) to (%s)', i, i, i + 1); end loop; end $$");
    database.execute("create publication named for all tables");
    server = new TestRegistry(database, "database-user", log.role());
    server.stopChecks();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    database.close();
  }

  /** Streams, and has met a table that is none of the partitions. */
  private SlotStream stream(List<String> publications) throws Exception {
    SlotName slot =
        server
            .slots
            .create(
                new InitRequest(Optional.of(OutputPlugin.PGOUTPUT), publications, Optional.empty()))
            .name();
    ChangeOptions defaults =
        ChangeOptions.parse(name -> Optional.of("1").filter(on -> name.equals("include-default")));
    SlotStream stream =
        server.slots.stream(
            new StreamOptions(
                slot, publications, defaults, Optional.empty(), false, false, false, 0),
            client);
    database.execute("create table other (id int primary key)");
    database.execute("insert into other values (1)");
    assertThat(client.nextWithChange()).contains("\"other\"");
    log.begin();
    return stream;
  }

  private void changeAll() throws Exception {
    database.execute(
        "insert into t select i, coalesce((select max(n) from t), 0) + 1"
            + " from generate_series(1, "
            + PARTITIONS
            + ") i");
  }

  /** Of the answers that the last message needed. */
  private long questions() throws Exception {
    return log.count("typbasetype, t.typtypmod");
  }

  private static String change(String message, int partition) {
    int start = message.indexOf("\"t" + partition + "\"");
    assertThat(start).as("t%d in a message of %d", partition, message.length()).isPositive();
    return message.substring(start, message.indexOf('}', start));
  }

  @ParameterizedTest
  @ValueSource(strings = {"named", ""})
  void theFirstChangesOfAllPartitionsTakeFewQuestions(String publication) throws Exception {
    stream(publication.isEmpty() ? List.of() : List.of(publication));

    changeAll();
    String first = client.nextWithChange();

    change(first, 1);
    change(first, PARTITIONS);
    assertThat(questions()).isLessThanOrEqualTo(FEW);
    assertThat(log.connections()).as("connections").isLessThanOrEqualTo(1);

    log.begin();
    database.execute("alter publication named set (publish = 'insert')"); // all described anew
    changeAll();
    client.nextWithChange();
    assertThat(questions()).isLessThanOrEqualTo(FEW);
    assertThat(log.connections()).as("connections").isLessThanOrEqualTo(1);
  }

  @Test
  void eachPartitionIsDescribedAsItIs() throws Exception {
    database.execute("alter table t7 alter name set default 'seven'");
    stream(List.of("named"));

    changeAll();
    String first = client.nextWithChange();
    assertThat(change(first, 7)).contains("'seven'::text");
    assertThat(change(first, 8)).contains("'x'::text").doesNotContain("seven");

    database.execute("alter table t8 alter name set default 'eight'");
    changeAll();
    String second = client.nextWithChange();
    assertThat(change(second, 7)).contains("'seven'::text");
    assertThat(change(second, 8)).contains("'eight'::text");
    assertThat(change(second, 9)).contains("'x'::text");
    assertThat(questions()).isLessThanOrEqualTo(FEW);
  }

  /** A stream that comes later is told what another one was; what has changed since is asked. */
  @Test
  void anotherStreamAsksNothingThatIsKnown() throws Exception {
    SlotStream former = stream(List.of("named"));
    changeAll();
    client.nextWithChange();
    former.clientGone();
    assertThat(former.awaitEnd(Duration.ofSeconds(10))).isTrue();

    log.begin();
    RecordingSubscriber again = new RecordingSubscriber();
    server.slots.stream(StreamOptions.of(server.slots.reports().all().get(0).name()), again);
    assertThat(again.nextWithChange()).contains("\"other\"");
    change(again.nextWithChange(), PARTITIONS);
    assertThat(questions()).isZero();

    database.execute("alter table t rename column name to called");
    database.execute("insert into t3 values (3, 100, 'y')");
    assertThat(again.nextWithChange()).contains("\"called\"");
    assertThat(questions()).isEqualTo(1);
  }
}
