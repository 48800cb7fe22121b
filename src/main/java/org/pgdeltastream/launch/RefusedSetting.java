package org.pgdeltastream.launch;

import java.util.Optional;
import java.util.logging.Filter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A setting that the application refuses is no failure of the program: its sentence is enough, and
 * the stack traces that the container logs for it are left out.
 */
final class RefusedSetting implements Filter {
  /** By its name, since the application is known as a file only. */
  private static final String REFUSED = "org.pgdeltastream.web.BadSettingException";

  private volatile @Nullable String sentence;

  /** Watches all that is logged from now on. */
  static RefusedSetting watch() {
    RefusedSetting watch = new RefusedSetting();
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      if (handler.getFilter() == null) {
        handler.setFilter(watch);
      }
    }
    return watch;
  }

  /** What the application says of the setting, if it refused one. */
  Optional<String> sentence() {
    return Optional.ofNullable(sentence);
  }

  @Override
  public boolean isLoggable(LogRecord message) {
    Throwable thrown = message.getThrown();
    if (thrown != null && thrown.getClass().getName().equals(REFUSED)) {
      sentence = thrown.getMessage();
    }
    return sentence == null;
  }
}
