package org.pgdeltastream.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PostgresIT {
  @Test
  void embeddedServerDecodesAndLeavesNothingBehind() throws Exception {
    TestDatabase database = TestDatabase.embedded(Map.of("log_line_prefix", "%m [%p] 'a b' "));
    assertThat(database.hasWal2json()).isFalse();
    assertThat(database.text("show log_line_prefix")).isEqualTo("%m [%p] 'a b' ");
    makesSlotAndStops(database, "pgoutput");
  }

  @Test
  @NeedsWal2Json
  void systemServerHasWal2jsonAndLeavesNothingBehind() throws Exception {
    TestDatabase database = TestDatabase.system(Map.of("log_line_prefix", "%m [%p] 'a b' "));
    assertThat(database.hasWal2json()).isTrue();
    assertThat(database.text("show log_line_prefix")).isEqualTo("%m [%p] 'a b' ");
    makesSlotAndStops(database, "wal2json");
  }

  private static void makesSlotAndStops(TestDatabase database, String plugin) throws Exception {
    try (database;
        Connection left = database.connect()) {
      assertThat(database.text("show wal_level")).isEqualTo("logical");
      assertThat(database.text("show max_replication_slots")).isEqualTo("40");
      assertThat(database.text("show fsync")).isEqualTo("off");
      assertThat(database.text("select null")).isEqualTo("null");
      String made = "select pg_create_logical_replication_slot('s', '" + plugin + "')::text";
      assertThat(database.text(made)).startsWith("(s,0/");
      assertThat(left.isValid(5)).isTrue();
    }
    assertThat(database.isRunning()).isFalse();
    database.close();
  }
}
