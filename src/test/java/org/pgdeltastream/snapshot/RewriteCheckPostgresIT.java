package org.pgdeltastream.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Problem;

/** What happened to a table after the snapshot was taken. */
class RewriteCheckPostgresIT extends OnePooledConnection {
  @ParameterizedTest
  @CsvSource({
    "truncate changing, changing, SNAPSHOT_TABLE_REWRITTEN",
    "alter table changing alter v type text, changing, SNAPSHOT_TABLE_REWRITTEN",
    "alter table changing drop v, changing, SNAPSHOT_TABLE_REWRITTEN",
    "drop table changing, changing, TABLE_NOT_FOUND",
    "drop table changing; create table changing(like loose);"
        + " alter table changing add v int; alter table changing add w int, changing, TABLE_NOT_FOUND",
    "alter table changing rename to renamed; alter table loose rename to changing;"
        + " alter table changing add v int; alter table changing add w int, changing,"
        + " TABLE_NOT_FOUND",
    "alter table changing rename to renamed, changing, TABLE_NOT_FOUND",
    "truncate parts_1, parts, SNAPSHOT_TABLE_REWRITTEN",
    "alter table parts detach partition parts_1, parts, SNAPSHOT_TABLE_REWRITTEN",
    "drop table parts_1, parts, SNAPSHOT_TABLE_REWRITTEN",
    "alter table parts attach partition loose for values from (10) to (20), parts,"
        + " SNAPSHOT_TABLE_REWRITTEN",
  })
  void noticesWhatTookTheRowsAway(String change, String table, Problem problem) throws Exception {
    database.execute(change);
    refused(problem, page(table));
  }

  @Test
  void noticesColumnThatWasDroppedAndMadeAnew() throws Exception {
    assumeTrue(Integer.parseInt(database.text("show server_version_num")) >= 140_000);
    database.execute("alter table changing drop v; alter table changing add v int");
    refused(Problem.SNAPSHOT_TABLE_REWRITTEN, page("changing"));
  }

  @Test
  void harmlessChangesAreNoProblem() throws Exception {
    database.execute(
        "alter table changing add x int default 5; alter table changing drop w;"
            + " create table parts_2 partition of parts for values from (10) to (20);"
            + " insert into parts values (10)");
    assertThat(read(snapshot.name(), columns("changing", "id", "v"), LONG).rows)
        .containsExactly("1|2");
    assertThat(read(snapshot.name(), page("parts"), LONG).rows).containsExactly("1");
  }
}
