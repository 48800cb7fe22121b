package org.pgdeltastream.slot;

import java.io.IOException;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.TestDatabase;

@NeedsWal2Json
class Wal2JsonFaultsPostgresIT extends FaultStory {
  Wal2JsonFaultsPostgresIT() {
    super(OutputPlugin.WAL2JSON);
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.system();
  }

  @Override
  ServerUnderFire startServer(TestDatabase database, int port, int node) {
    return new ServerInProcess(database, port, node);
  }
}
