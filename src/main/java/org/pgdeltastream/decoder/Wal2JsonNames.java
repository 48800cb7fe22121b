package org.pgdeltastream.decoder;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.pgdeltastream.change.MalformedMessageException;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/**
 * Finds the names of types and the defaults of columns in what wal2json wrote, and escapes what it
 * left unescaped (up to 2.6). Only there wal2json's text may be no JSON; since each quote in a JSON
 * string is escaped, <code>types":[</code> is a key wherever it stands.
 */
final class Wal2JsonNames {
  private static final byte[] CHANGE = Wal2JsonDecoder.ascii("{\"kind\":\"");
  private static final byte[] COLUMN = Wal2JsonDecoder.ascii("{\"name\":\"");
  private static final byte[] NEXT_TYPE = Wal2JsonDecoder.ascii(",\"type\":");
  private static final int KNOWN_BITS = 7;
  private static final int LONGEST_KNOWN = 4 * 1024;
  private static final int LONGEST_KEY = 256;
  private static final int HASHED = 64;
  private static final long MIX = 0x9E3779B97F4A7C15L;
  private static final byte[] NOTHING = {};

  /**
   * How a change of a table begins, up to the end of its types, where all is as it should be.
   *
   * @param key how an update's old key begins, up to its values; empty if it is not known
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never changed
  private record Known(byte[] head, byte[] key) {}

  private static final Known UNKNOWN = new Known(NOTHING, NOTHING);

  private final boolean lists;
  private final byte lastOfKey;
  private final int letter; // of a key, from behind, that hardly another one has
  private final byte[] typeKey;
  private final byte[] defaultKey;
  private final boolean defaults;
  private final boolean onlyOneList;
  private final UnescapedText text;

  /** Tables recur. */
  private final Known[] known = new Known[1 << KNOWN_BITS];

  private Known last = UNKNOWN;

  Wal2JsonNames(ChangeOptions options) {
    this.lists = options.format() == ChangeOptions.Format.TRANSACTIONS;
    this.lastOfKey = (byte) (lists ? '[' : ':');
    this.letter = lists ? 6 : 4;
    this.typeKey = Wal2JsonDecoder.ascii(lists ? "types\":[" : "\"type\":");
    this.defaultKey = Wal2JsonDecoder.ascii(lists ? "defaults\":[" : "\"default\":");
    this.defaults = options.has(Detail.DEFAULTS);
    this.onlyOneList = lists && !defaults && !options.has(Detail.PRIMARY_KEY);
    Arrays.fill(known, UNKNOWN);
    this.text = new UnescapedText(!lists || options.has(Detail.TYPE_MODIFIERS));
  }

  /** Whether wal2json writes any of them. */
  static boolean areIn(ChangeOptions options) {
    return options.has(Detail.TYPES) || options.has(Detail.DEFAULTS);
  }

  /** Whether nothing needs escaping here. This runs for each change. */
  boolean areJson(byte[] message, int start, int end) {
    int change = start < end && message[start] == ',' ? start + 1 : start;
    if (!isBegunBy(last, message, change, end)) {
      if (!onlyOneList || change + HASHED > end || !isAt(CHANGE, message, change)) {
        return areJsonAfter(message, start, end);
      }
      int slot = slot(message, change);
      if (!isBegunBy(known[slot], message, change, end)) {
        return learn(slot, message, change, end);
      }
      last = known[slot];
    }
    int values = change + last.head().length;
    return !isUpdate(message, change)
        || isKeyKnown(message, values, end)
        || areJsonAfter(message, values, end);
  }

  private boolean areJsonAfter(byte[] message, int from, int end) {
    int at = nextValue(message, from, end);
    while (at >= 0) {
      at = afterJson(message, at, end);
      if (at < 0) {
        return false;
      }
      at = nextValue(message, at, end);
    }
    return true;
  }

  /** The same message, escaped so that it is JSON. */
  byte[] escaped(byte[] message, int start, int end) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(end - start + 64);
    int from = start;
    for (int at = nextValue(message, start, end); at >= 0; at = nextValue(message, from, end)) {
      out.write(message, from, at - from);
      boolean ofDefaults = isDefault(message, at);
      from = at;
      while (from < end && message[from] != ']') {
        int after = text.escape(message, from, end, ofDefaults, out);
        if (after < 0) {
          throw new MalformedMessageException(
              "Not a type or default of wal2json at byte " + (from - start));
        }
        from = after;
        if (!lists || from >= end || message[from] != ',') {
          break;
        }
        out.write(message[from++]);
      }
    }
    out.write(message, from, end - from);
    return out.toByteArray();
  }

  private static boolean isUpdate(byte[] message, int change) {
    return message[change + CHANGE.length] == 'u'; // its key is after its values
  }

  private static boolean isBegunBy(Known table, byte[] message, int change, int end) {
    byte[] head = table.head();
    int to = change + head.length;
    return head.length > 0 && to <= end && Arrays.equals(message, change, to, head, 0, head.length);
  }

  /** Every head is longer than the bytes that distinguish tables here. */
  private static int slot(byte[] message, int change) {
    long hash = 0;
    for (int i = 0; i < HASHED; i += Long.BYTES) {
      hash = (hash ^ Longs.at(message, change + i)) * MIX;
    }
    return (int) (hash >>> (Long.SIZE - KNOWN_BITS));
  }

  private boolean isKeyKnown(byte[] message, int values, int end) {
    byte[] key = last.key();
    int to = lastList(message, values, end);
    int from = to - key.length;
    return key.length > 0 && from >= values && Arrays.equals(message, from, to, key, 0, key.length);
  }

  private boolean learn(int slot, byte[] message, int change, int end) {
    int types = nextValue(message, change, end);
    if (types < 0) {
      return true; // a logical message
    }
    int values = afterJson(message, types, end);
    if (values < 0 || !areJsonAfter(message, values, end)) {
      return false;
    }
    if (values - change <= LONGEST_KNOWN) {
      byte[] head = Arrays.copyOfRange(message, change, values);
      last = new Known(head, key(message, values, end));
      known[slot] = last;
    }
    return true;
  }

  private byte[] key(byte[] message, int values, int end) {
    int types = nextValue(message, values, end);
    int to = lastList(message, values, end);
    return types < 0 || to < afterJson(message, types, end)
        ? NOTHING
        : Arrays.copyOfRange(message, types - typeKey.length, to);
  }

  /** Where the last list, which is that of the old key's values, begins if it is not long. */
  private static int lastList(byte[] message, int from, int end) {
    for (int i = end; i > from && i > end - LONGEST_KEY; i--) {
      if (message[i - 1] == '[') {
        return i;
      }
    }
    return -1;
  }

  /** Where the next name or default, or list of them, begins; -1 at the end. */
  private int nextValue(byte[] message, int from, int end) {
    if (!lists && !defaults) {
      return nextType(message, from, end);
    }
    int at = Longs.indexOf(lastOfKey, message, from, end);
    while (at >= 0) {
      int value = at + 1;
      if (isAfter(typeKey, message, value, from)
          || (defaults && isAfter(defaultKey, message, value, from))) {
        return value;
      }
      at = Longs.indexOf(lastOfKey, message, value, end);
    }
    return -1;
  }

  /** The same where each follows a column's name. */
  private int nextType(byte[] message, int from, int end) {
    int at = Longs.indexOf((byte) '{', message, from, end);
    while (at >= 0) {
      int name = at + COLUMN.length;
      if (name < end && message[at + 2] == 'n' && isAt(COLUMN, message, at)) {
        while (name < end && message[name] != '"') {
          name += message[name] == '\\' ? 2 : 1;
        }
        int type = name + 1 + NEXT_TYPE.length;
        if (type <= end && isAt(NEXT_TYPE, message, name + 1)) {
          return type;
        }
      }
      at = Longs.indexOf((byte) '{', message, at + 1, end);
    }
    return -1;
  }

  private boolean isAfter(byte[] key, byte[] message, int value, int start) {
    int from = value - key.length;
    return from >= start
        && message[value - letter] == key[key.length - letter]
        && isAt(key, message, from);
  }

  private static boolean isAt(byte[] word, byte[] message, int from) {
    return Arrays.equals(message, from, from + word.length, word, 0, word.length);
  }

  private int afterJson(byte[] message, int value, int end) {
    boolean ofDefaults = isDefault(message, value);
    int at = value;
    if (lists && at < end && message[at] == ']') {
      return at + 1;
    }
    while (at < end) {
      at = text.afterJson(message, at, end, ofDefaults);
      if (at < 0 || !lists) {
        return at;
      }
      if (at < end && message[at] == ']') {
        return at + 1;
      }
      if (at >= end || message[at] != ',') {
        return -1;
      }
      at++;
    }
    return -1;
  }

  private boolean isDefault(byte[] message, int value) {
    return defaults && isAfter(defaultKey, message, value, 0);
  }
}
