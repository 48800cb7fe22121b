package org.pgdeltastream.decoder;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.pgdeltastream.change.LogicalMessage;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.change.option.Detail;

/** What the plugins are asked for, so that the decoders can read them: options by name. */
public final class PluginOptions {
  public static final String IN_CHUNKS = "write-in-chunks";

  private static final String WITHOUT_MESSAGES = "filter-msg-prefixes";
  private static final int FIRST_WITH_MESSAGES = 14;

  private PluginOptions() {}

  /**
   * Those of pgoutput.
   *
   * @param serverVersion PostgreSQL's major version
   */
  public static Map<String, String> pgoutput(int serverVersion, List<String> publications) {
    Map<String, String> asked = new LinkedHashMap<>();
    asked.put("proto_version", "" + protocol(serverVersion));
    asked.put(
        "publication_names",
        publications.stream().map(TableName::quote).collect(Collectors.joining(",")));
    if (serverVersion >= FIRST_WITH_MESSAGES) {
      asked.put("messages", "true");
    }
    return asked;
  }

  /** The newest that the server offers; without streaming all have the same messages. */
  private static int protocol(int serverVersion) {
    return switch (serverVersion) {
      case 10, 11, 12, 13 -> 1;
      case 14 -> 2;
      case 15 -> 3;
      default -> 4;
    };
  }

  /** Format 1 in chunks, so that no transaction is held whole; joined, they are the usual text. */
  public static Map<String, String> wal2json(ChangeOptions options) {
    Map<String, String> asked = new LinkedHashMap<>(options.pluginOptions());
    asked.remove(Detail.NO_EMPTY_TRANSACTIONS.optionName()); // ours
    asked.remove(Detail.UNCHANGED_TOAST.optionName());
    asked.remove(Detail.TRANSACTION.optionName()); // its end is always needed
    asked.put(Detail.LSN.optionName(), "true"); // and its position
    asked.put(Detail.TIMESTAMP.optionName(), "true"); // to see how far behind it is
    asked.put("pretty-print", "false");
    asked.merge(WITHOUT_MESSAGES, LogicalMessage.HEARTBEAT, (theirs, ours) -> theirs + "," + ours);
    switch (options.format()) {
      case TRANSACTIONS -> {
        asked.put("format-version", "1");
        asked.put(IN_CHUNKS, "true");
      }
      case ACTIONS -> asked.put("format-version", "2");
    }
    return asked;
  }

  /** Whether an old wal2json may do without it, for the client has not asked for it. */
  public static boolean isDispensable(String option, ChangeOptions options) {
    return option.equals(WITHOUT_MESSAGES) && !options.pluginOptions().containsKey(option);
  }
}
