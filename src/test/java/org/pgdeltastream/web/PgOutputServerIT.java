package org.pgdeltastream.web;

import java.io.IOException;
import org.pgdeltastream.support.TestDatabase;

/** The WAR on a server that allows pgoutput alone. */
class PgOutputServerIT extends ServerStory {
  PgOutputServerIT() {
    super("pgoutput");
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
  }
}
