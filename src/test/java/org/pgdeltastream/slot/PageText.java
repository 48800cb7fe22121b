package org.pgdeltastream.slot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.pgdeltastream.slot.lease.SnapshotPage;

/** A page's JSON as text. */
final class PageText {
  private PageText() {}

  static String of(SnapshotPage page) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      page.json().writeTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toString(UTF_8);
  }
}
