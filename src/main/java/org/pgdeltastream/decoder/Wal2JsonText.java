package org.pgdeltastream.decoder;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Optional;
import org.pgdeltastream.change.HeapBudget;
import org.pgdeltastream.change.HeapShare;
import org.pgdeltastream.change.option.ChangeOptions;

/**
 * Makes UTF-8 and JSON of wal2json's text. In a UTF-8 database only logical messages need a check:
 * anybody may write any bytes into them.
 */
public final class Wal2JsonText implements WalDecoder {
  private static final int KIND_AT = "{\"kind\":\"".length();
  private static final byte[] OF_A_MESSAGE = "{\"kind\":\"message\"".getBytes(UTF_8);
  private static final int CONVERTED = 8; // copies at the most: text, and UTF-8 of it that grows
  private static final int ESCAPED = 4;
  private static final int ACTION_AT = "{\"action\":\"".length();

  private final WalDecoder next;
  private final Charset encoding;
  private final boolean ofMessagesOnly;
  private final HeapShare heap;
  private final Optional<Wal2JsonNames> names;

  /**
   * Stands before a decoder of wal2json.
   *
   * @param encoding the database's
   * @param heap for the copies of large texts
   */
  public Wal2JsonText(
      WalDecoder next, ServerEncoding encoding, ChangeOptions options, HeapShare heap) {
    this.next = next;
    this.heap = heap;
    this.names =
        Wal2JsonNames.areIn(options) ? Optional.of(new Wal2JsonNames(options)) : Optional.empty();
    this.encoding = encoding.charset();
    this.ofMessagesOnly = encoding.isSureToBeUtf8();
  }

  /** Passes text on unchanged where it is surely UTF-8: this runs for each change. */
  @Override
  public void decode(byte[] message, int start, int end) throws IOException {
    if ((ofMessagesOnly && !mayHoldMessage(message, start, end))
        || ServerEncoding.isAscii(message, start, end)) {
      decodeUtf8(message, start, end, 0);
      return;
    }
    long copies = (long) CONVERTED * large(end - start);
    heap.awaitHold(copies);
    byte[] text = ServerEncoding.toUtf8(message, start, end, encoding);
    decodeUtf8(text, 0, text.length, copies);
    heap.holdAnyway(0);
  }

  private static int large(int length) {
    return length >= HeapBudget.STEP ? length : 0;
  }

  private void decodeUtf8(byte[] text, int start, int end, long held) throws IOException {
    if (names.isEmpty() || names.get().areJson(text, start, end)) {
      next.decode(text, start, end);
      return;
    }
    heap.awaitHold(held + (long) ESCAPED * large(end - start));
    byte[] escaped = names.get().escaped(text, start, end);
    next.decode(escaped, 0, escaped.length);
    heap.holdAnyway(held);
  }

  /** Of format 1: a change that is a message, or a text of several changes; of format 2: M. */
  private static boolean mayHoldMessage(byte[] message, int start, int end) {
    if (end - start <= ACTION_AT) {
      return false;
    }
    int change = message[start] == ',' ? start + 1 : start;
    return switch (message[change + 2]) {
      case 'k' -> message[change + KIND_AT] == 'm';
      case 'a' -> message[start + ACTION_AT] == 'M';
      default -> holds(message, start, end, OF_A_MESSAGE);
    };
  }

  /** Raw quotes do not occur inside a text: it is a key. */
  private static boolean holds(byte[] text, int start, int end, byte[] key) {
    for (int at = start; at <= end - key.length; at++) {
      if (text[at] == key[0] && Arrays.equals(text, at, at + key.length, key, 0, key.length)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public long committedAt(byte[] message, int start, int end) {
    return next.committedAt(message, start, end);
  }

  @Override
  public boolean betweenMessages() {
    return next.betweenMessages();
  }
}
