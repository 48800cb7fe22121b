package org.pgdeltastream.launch.remote;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.client.JsonText;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Lists slots. */
final class Slots implements RemoteCommand {
  private static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar slots [URL] [--format table|json]

      Lists the slots of the server at URL (http://127.0.0.1:12312): who streams each, how far its
      client is behind (LAG), how much WAL PostgreSQL keeps for it (KEPT), how much more can be
      written before it is lost (LEFT), and PostgreSQL's word for its WAL.

        --format FORMAT        table (the default); json: all that the server says

      Exit status: 0, 1 refused, 3 nobody answers or come again later.
      The token, if the server wants one, comes from PGDELTA_TOKEN.
      """;

  private static final List<String> HEAD =
      List.of("SLOT", "PLUGIN", "CLIENT", "LAG", "KEPT", "LEFT", "WAL");

  @Override
  public Set<String> taking() {
    return Set.of("format");
  }

  @Override
  public String help() {
    return HELP;
  }

  @Override
  public void run(Options options, DeltaClient client, PrintStream out, PrintStream err)
      throws BadArgumentException, InterruptedException {
    options.atMost(0);
    String format = options.word("format", "table", "json");
    String slots = client.call("GET", "slots");
    out.println(format.equals("json") ? slots : table(slots));
  }

  /** Columns as wide as their widest value. */
  static String table(String json) {
    List<List<String>> rows = new ArrayList<>(List.of(HEAD));
    JsonText.elements(json).stream().map(Slots::row).forEach(rows::add);
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        int at = column;
        int width = rows.stream().mapToInt(one -> one.get(at).length()).max().orElse(0);
        line.append(row.get(at)).append(" ".repeat(width - row.get(at).length() + 2));
      }
      lines.add(line.toString().stripTrailing());
    }
    return String.join("\n", lines);
  }

  private static List<String> row(String json) {
    Map<String, String> slot = JsonText.members(json);
    String client =
        slot.containsKey("client")
            ? text(JsonText.members(slot.get("client")), "address")
            : text(slot, "active").equals("true") ? "elsewhere" : "none";
    return List.of(
        text(slot, "slotName"),
        text(slot, "plugin"),
        client,
        bytes(slot, "lagBytes"),
        bytes(slot, "retainedWalBytes"),
        bytes(slot, "safeWalBytes"),
        text(slot, "walStatus"));
  }

  private static String text(Map<String, String> slot, String name) {
    return Shown.text(JsonText.string(slot.getOrDefault(name, "-")));
  }

  private static String bytes(Map<String, String> slot, String name) {
    String text = slot.getOrDefault(name, "-");
    return text.matches("-?\\d{1,18}") ? Shown.bytes(Long.parseLong(text)) : "-";
  }
}
