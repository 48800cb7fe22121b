package org.pgdeltastream.blackbox;

import java.sql.DriverManager;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.pgdeltastream.support.ServerClient;
import org.pgdeltastream.support.Sql;

/**
 * Any server that runs: {@code -Dpgdelta.test.url=http://host:port/path}, and its database {@code
 * -Dpgdelta.test.database=jdbc:postgresql://host:port/name?user=…&password=…}, which must have
 * wal2json, room for 65 slots, and no slots.
 */
@EnabledIfSystemProperty(named = "pgdelta.test.url", matches = "http.*")
class RunningServerIT {
  private static ServerClient client() {
    return new ServerClient(System.getProperty("pgdelta.test.url", ""));
  }

  private static Sql database() {
    return () -> DriverManager.getConnection(System.getProperty("pgdelta.test.database", ""));
  }

  @Nested
  class WithPgOutput extends BlackBoxStory {
    WithPgOutput() {
      super("pgoutput", client(), database());
    }
  }

  @Nested
  class WithWal2Json extends BlackBoxStory {
    WithWal2Json() {
      super("wal2json", client(), database());
    }
  }
}
