package org.pgdeltastream.snapshot.table;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;

/**
 * Writes cursors and takes back only those that it wrote for the same rows of the same table under
 * the same snapshot. The secret lives as long as the process, and no snapshot lives longer. For any
 * number of threads.
 */
public final class Cursors {
  private static final String ALGORITHM = "HmacSHA256";
  private static final int SEAL = 16; // bytes of it; too many to guess
  private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9_-]{22,600}");

  /** Only copied: the search for an algorithm takes longer than its use. */
  private final Mac unused;

  public Cursors() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    try {
      unused = Mac.getInstance(ALGORITHM);
      unused.init(new SecretKeySpec(secret, ALGORITHM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java has " + ALGORITHM, e);
    }
  }

  public String write(PageStart start, String snapshotName, SnapshotTable table) {
    byte[] text = start.toString().getBytes(UTF_8);
    byte[] sealed = Arrays.copyOf(seal(text, snapshotName, table), SEAL + text.length);
    System.arraycopy(text, 0, sealed, SEAL, text.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(sealed);
  }

  public PageStart read(String cursor, String snapshotName, SnapshotTable table) {
    if (!TEXT.matcher(cursor).matches()) {
      throw refused();
    }
    byte[] sealed = decoded(cursor);
    if (sealed.length <= SEAL) {
      throw refused();
    }
    byte[] text = Arrays.copyOfRange(sealed, SEAL, sealed.length);
    byte[] seal = Arrays.copyOf(sealed, SEAL);
    if (!MessageDigest.isEqual(seal, seal(text, snapshotName, table))) {
      throw refused();
    }
    return PageStart.parse(new String(text, UTF_8)).orElseThrow(Cursors::refused);
  }

  private static byte[] decoded(String cursor) {
    try {
      return Base64.getUrlDecoder().decode(cursor);
    } catch (IllegalArgumentException e) {
      throw refused();
    }
  }

  private byte[] seal(byte[] text, String snapshotName, SnapshotTable table) {
    try {
      Mac mac = (Mac) unused.clone();
      String rows = table.rows().orElse("");
      mac.update((snapshotName + " " + table.oid() + " " + rows + '\0').getBytes(UTF_8));
      return Arrays.copyOf(mac.doFinal(text), SEAL);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(ALGORITHM + " can be copied", e);
    }
  }

  static ProblemException refused() {
    return new ProblemException(
        Problem.BAD_REQUEST,
        "The cursor is not one of this table, with these rows, under this slot's snapshot",
        "Send what came as Next-Cursor with a page of the same table, rows and slot, unchanged;"
            + " or begin again without it");
  }
}
