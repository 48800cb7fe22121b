package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.support.RecordingSubscriber;
import org.pgdeltastream.support.TestDatabase;

class PgOutputStreamPostgresIT extends StreamStory {
  PgOutputStreamPostgresIT() {
    super(OutputPlugin.PGOUTPUT);
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
  }

  @Test
  void fallsBackToPgOutputWhereWal2JsonIsNotAllowed() {
    NewSlot made =
        registry().create(new InitRequest(Optional.empty(), List.of(), Optional.empty()));

    assertThat(made.plugin()).isEqualTo(OutputPlugin.PGOUTPUT);
    assertThat(made.name().value()).startsWith("delta_");
  }

  @Tag("versions")
  @Test
  void neverLetsTheApplicationsOwnUpdateFail() throws Exception {
    database().execute("drop table if exists plain");
    database().execute("create table plain (a int)");
    NewSlot made = init();

    database().execute("insert into plain values (1)");
    database().execute("update plain set a = 2");
    database().execute("delete from plain");

    assertThat(made.warnings()).anyMatch(warning -> warning.contains("public.plain"));
    RecordingSubscriber client = new RecordingSubscriber();
    stream(made.name(), client);
    assertThat(client.nextWithChange()).contains("\"kind\":\"insert\"");
  }

  @Tag("versions")
  @Test
  void takesInATableThatIsMadeLater() throws Exception {
    SlotName slot = init().name();
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);
    database().execute("drop table if exists later");
    database().execute("create table later (id int primary key)");
    database().execute("insert into later values (1)");
    assertThat(client.nextWithChange()).contains("\"later\"");

    database().execute("update later set id = 2");

    assertThat(client.nextWithChange()).contains("\"kind\":\"update\"");
    assertThat(registry().reports().of(slot).warnings())
        .anyMatch(warning -> warning.contains("public.later"));
  }

  @Tag("versions")
  @Test
  void deliversATruncate() throws Exception {
    String version = database().text("show server_version_num");
    assumeTrue(Integer.parseInt(version) >= 110_000, "PostgreSQL 10 publishes no TRUNCATE");
    SlotName slot = init().name();
    database().execute("truncate users");
    RecordingSubscriber client = new RecordingSubscriber();
    stream(slot, client);

    assertThat(client.nextWithChange())
        .endsWith("{\"kind\":\"truncate\",\"schema\":\"public\",\"table\":\"users\"}]}");
  }

  @Tag("versions")
  @Test
  void dropsItsPublicationsWithTheLastSlot() throws Exception {
    SlotName slot = init().name();
    assertThat(database().text("select count(*) from pg_publication")).isEqualTo("2");

    registry().drop(slot, false);

    assertThat(database().text("select count(*) from pg_publication")).isEqualTo("0");
  }
}
