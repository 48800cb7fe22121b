package org.pgdeltastream.replication.facts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.sql.Connection;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.support.TestDatabase;

/** What the doctor reads takes a bounded part of the heap, however large the catalog. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FactsSessionPostgresIT {
  @Test
  void readsSoManyRowsOrNone() throws Exception {
    try (TestDatabase database = TestDatabase.embedded();
        Connection connection = database.connect()) {
      FactsSession session = new FactsSession(connection, 3);
      assertThat(session.all(Part.SLOTS, "select generate_series(1, 3)", row -> row.getInt(1)))
          .containsExactly(1, 2, 3);
      assertThat(session.unread()).isEmpty();
      assertThat(session.all(Part.TABLES, "select generate_series(1, 9)", row -> row.getInt(1)))
          .isEmpty();
      assertThat(session.unread()).containsExactly(entry(Part.TABLES, "there are more than 3"));
    }
  }
}
