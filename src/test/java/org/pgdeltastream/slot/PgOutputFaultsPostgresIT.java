package org.pgdeltastream.slot;

import java.io.IOException;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.support.TestDatabase;

class PgOutputFaultsPostgresIT extends FaultStory {
  PgOutputFaultsPostgresIT() {
    super(OutputPlugin.PGOUTPUT);
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
  }

  @Override
  ServerUnderFire startServer(TestDatabase database, int port, int node) {
    return new ServerInProcess(database, port, node);
  }
}
