package org.pgdeltastream.slot;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.support.TestDatabase;

/**
 * The same faults, with the program in processes of its own and real websockets; in the profile
 * {@code faults}, since they need a quiet machine.
 */
@EnabledIfSystemProperty(named = "pgdelta.test.programs", matches = "true")
class ProgramFaultsIT extends FaultStory {
  @TempDir private Path directory;

  ProgramFaultsIT() {
    super(OutputPlugin.PGOUTPUT);
  }

  /** Fewer, since a program takes seconds to start. */
  @Override
  int faults() {
    return super.faults() / 3;
  }

  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
  }

  @Override
  ServerUnderFire startServer(TestDatabase database, int port, int node) throws IOException {
    return new ServerOfItsOwn(database, port, node, directory);
  }
}
