package org.pgdeltastream.launch.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.client.Message;

/** Prints messages until there were enough. */
final class MessagePrinter {
  private final PrintStream out;
  private final Function<Message, String> format;
  private final String until;
  private long left;

  /**
   * Has printed nothing yet.
   *
   * @param format what is printed of a message; nothing if that is empty
   * @param until the LSN with which it ends, as the server writes it
   * @param count of how many messages something is printed
   */
  MessagePrinter(PrintStream out, Function<Message, String> format, String until, long count) {
    this.out = out;
    this.format = format;
    this.until = until;
    this.left = count;
  }

  boolean hasEnough() {
    return left <= 0;
  }

  /**
   * Prints it, all the way to whoever reads.
   *
   * @return false if it lies behind the end, and was not printed
   */
  boolean print(Message message) throws IOException {
    boolean isLast = message.reaches(until);
    boolean isBehind = isLast && !message.lsn().equals(Optional.of(until));
    String text = isBehind || message.isEmpty() ? "" : format.apply(message);
    if (!text.isEmpty()) {
      out.println(text);
      left--;
    }
    left = isLast ? 0 : left;
    if (out.checkError()) {
      throw new IOException("The output is closed");
    }
    return !isBehind;
  }
}
