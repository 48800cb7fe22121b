package org.pgdeltastream.replication.connection;

/**
 * Finds the ends of the messages of PostgreSQL's protocol in passing bytes: a type byte, then a
 * length that counts itself. Before the first message come answers of one byte, to the request for
 * encryption; without that request encrypted bytes may come at once.
 *
 * <p>Source: manual, "Message Formats"; "SSL Session Encryption".
 */
final class MessageBounds {
  static final int HEADER = 5;
  private static final int LENGTH_SIZE = 4;

  private boolean begun;
  private boolean encrypted;
  private int header; // how many of its bytes have passed
  private int length;
  private int rest; // of the content

  /** The messages cannot be read here. */
  boolean isEncrypted() {
    return encrypted;
  }

  /** The next byte is the first of a message; always false where bytes are encrypted. */
  boolean atBoundary() {
    return !encrypted && header == 0 && rest == 0;
  }

  /** Lets bytes pass up to the end of a message at most; answers how many. */
  int pass(byte[] bytes, int from, int count) {
    if (!begun && !encrypted && header == 0) {
      switch (bytes[from]) {
        case 'N' -> {
          return 1; // no encryption
        }
        case 'R', 'E', 'v' -> begun = true; // what the startup is answered by
        default -> encrypted = true; // an answer S or G, or TLS without a question
      }
    }
    if (encrypted) {
      return count;
    }
    int passed = 0;
    while (rest == 0 && passed < count && header < HEADER) {
      length = header == 0 ? 0 : (length << Byte.SIZE) | (bytes[from + passed] & 0xFF);
      passed++;
      header++;
    }
    if (header == HEADER) {
      header = 0;
      rest = Math.max(0, length - LENGTH_SIZE);
    }
    int content = Math.min(rest, count - passed);
    rest -= content;
    return passed + content;
  }
}
