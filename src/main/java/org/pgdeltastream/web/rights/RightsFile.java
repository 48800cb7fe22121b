package org.pgdeltastream.web.rights;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Rights;

/**
 * The roles in a file, read again when it changes. A file that cannot be read or is wrong changes
 * nothing. For any thread.
 */
public final class RightsFile implements Supplier<Rights> {
  private static final System.Logger LOG = System.getLogger(RightsFile.class.getName());
  private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();
  private static final int MOST_BYTES = 1 << 20;

  /** What tells that a file is another, or was written again. */
  private record State(FileTime changed, long size, Optional<Object> file) {}

  private final Path path;
  private final AtomicLong lookedAt = new AtomicLong(System.nanoTime());
  private volatile Rights rights;
  private volatile @Nullable State state;
  private volatile String failure = ""; // of the last look

  private RightsFile(Path path) throws IOException {
    this.path = path;
    this.state = state();
    this.rights = read();
  }

  /**
   * The roles of this file; without one there are none.
   *
   * @throws IllegalArgumentException if it cannot be read or is wrong, saying why and where
   */
  public static Supplier<Rights> of(Optional<String> file) {
    if (file.isEmpty()) {
      return () -> Rights.NONE;
    }
    try {
      return new RightsFile(Path.of(file.get()));
    } catch (IOException | ProblemException e) {
      throw new IllegalArgumentException(wrong(file.get(), e), e);
    }
  }

  private static String wrong(String file, Exception e) {
    return "Setting pgdelta.rights, file " + file + ": " + e.getMessage();
  }

  private State state() throws IOException {
    return new State(
        Files.getLastModifiedTime(path),
        Files.size(path),
        Optional.ofNullable(
            Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class)
                .fileKey()));
  }

  private Rights read() throws IOException {
    try (InputStream file = Files.newInputStream(path)) {
      byte[] json = file.readNBytes(MOST_BYTES + 1);
      if (json.length > MOST_BYTES) {
        throw new IOException("It has more than " + MOST_BYTES + " bytes");
      }
      return RightsText.parse(json);
    }
  }

  /** Looks at the file, twice a second at most. */
  @Override
  public Rights get() {
    long now = System.nanoTime();
    long before = lookedAt.get();
    if (now - before > PAUSE_NANOS && lookedAt.compareAndSet(before, now)) {
      look();
    }
    return rights;
  }

  private void look() {
    try {
      State present = state();
      if (!present.equals(state)) {
        state = present; // first: it is looked at again when it changes again
        take(read());
      }
      failure = "";
    } catch (ProblemException e) {
      warn(e);
    } catch (IOException e) { // it is being replaced, or may not be read yet
      state = null;
      warn(e);
    }
  }

  private void take(Rights read) {
    if (!read.equals(rights)) {
      rights = read;
      LOG.log(INFO, "Rights are those of " + path + " now: " + read.roles().size() + " roles");
    }
  }

  /** Once for each failure. */
  private void warn(Exception e) {
    String text = wrong(path.toString(), e) + ". The rights stay as they were";
    if (!text.equals(failure)) {
      failure = text;
      LOG.log(WARNING, text);
    }
  }
}
