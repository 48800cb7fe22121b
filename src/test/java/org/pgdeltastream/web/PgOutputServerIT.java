package org.pgdeltastream.web;

import java.io.IOException;
import org.pgdeltastream.support.TestDatabase;

/** The WAR on a server that allows pgoutput alone, through the container's websocket. */
class PgOutputServerIT extends DoorStory {
  PgOutputServerIT() {
    super("endpoint");
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
  }
}
