package org.pgdeltastream.web;

import java.io.IOException;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.TestDatabase;

/** The WAR on a server that has wal2json. */
@NeedsWal2Json
class Wal2JsonServerIT extends ServerStory {
  Wal2JsonServerIT() {
    super("wal2json", "endpoint");
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.system();
  }
}
