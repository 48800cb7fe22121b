package org.pgdeltastream.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A table's rows, each a JSON object, read as they come. Whoever has got them all has the whole
 * table: where the answer breaks off, the iterator throws {@link DeltaException} ({@code
 * incomplete}). Read once, by one thread.
 */
public final class Rows implements Iterable<String>, AutoCloseable {
  private final BufferedReader lines;
  private @Nullable String ahead; // only the next line tells whether it is a row or the end
  private long count;
  private @Nullable Iterator<String> rows;

  Rows(InputStream body) {
    lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    ahead = read();
  }

  /** Always the same: a second loop goes on where the first one stopped. */
  @Override
  public Iterator<String> iterator() {
    Iterator<String> begun = rows == null ? rows() : rows;
    rows = begun;
    return begun;
  }

  private Iterator<String> rows() {
    return new Iterator<>() {
      private @Nullable String next = advance();

      @Override
      public boolean hasNext() {
        return next != null;
      }

      @Override
      public String next() {
        String row = next;
        if (row == null) {
          throw new NoSuchElementException("There are no more rows");
        }
        next = advance();
        return row;
      }
    };
  }

  /** The next row; nothing behind the last one, if the last line counts them right. */
  private @Nullable String advance() {
    String line = ahead;
    ahead = read();
    if (line != null && ahead != null) {
      count++;
      return line;
    }
    if (!("{\"complete\":true,\"rows\":" + count + "}").equals(line)) {
      throw DeltaException.incomplete("The rows broke off: " + line, null);
    }
    return null;
  }

  private @Nullable String read() {
    try {
      return lines.readLine();
    } catch (IOException e) {
      throw DeltaException.incomplete("The rows broke off: " + e, e);
    }
  }

  /** The answer is given up if it was not read to its end. */
  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      throw DeltaException.incomplete("The answer cannot be closed: " + e, e);
    }
  }
}
