package org.pgdeltastream.slot;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.support.NeedsWal2Json;
import org.pgdeltastream.support.TestDatabase;

/** On the installed PostgreSQL, which is older: it does not say since when a slot is idle. */
@NeedsWal2Json
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class OlderGuardPostgresIT extends GuardStory {
  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.system();
  }
}
