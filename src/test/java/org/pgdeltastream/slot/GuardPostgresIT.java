package org.pgdeltastream.slot;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.pgdeltastream.support.TestDatabase;

@Timeout(value = 180, unit = TimeUnit.SECONDS)
class GuardPostgresIT extends GuardStory {
  @Override
  TestDatabase startDatabase() throws IOException {
    return TestDatabase.embedded();
  }
}
