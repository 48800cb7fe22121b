package org.pgdeltastream.launch.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.client.DeltaException;
import org.pgdeltastream.client.JsonText;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Reads a whole table. */
final class Snapshot implements RemoteCommand {
  private static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar snapshot [URL] TABLE [OPTION]...

      Writes all rows of TABLE, as they were at one moment, to standard output; from the server at
      URL (http://127.0.0.1:12312). TABLE is written as in SQL: orders, sales.orders.

        --slot NAME            as they were when this slot was made, if its snapshot is still open;
                               else a slot is made for it, and dropped afterwards
        --columns LIST         only these columns
        --rows CONDITION       only these rows: status=eq.open, and(status.eq.open,total.gt.100)
        --format FORMAT        ndjson (the default): a JSON object a line; csv: with a header line
        --progress             show how far it is, as it does where the system tells that standard
                               error is a terminal

      Exit status: 0 the table is whole, 1 refused, 3 it broke off: what was written is not whole.
      The token, if the server wants one, comes from PGDELTA_TOKEN.
      """;

  @Override
  public Set<String> taking() {
    return Set.of("slot", "columns", "rows", "format");
  }

  @Override
  public Set<String> plain() {
    return Set.of("progress");
  }

  @Override
  public String help() {
    return HELP;
  }

  @Override
  public void run(Options options, DeltaClient client, PrintStream out, PrintStream err)
      throws BadArgumentException, IOException, IncompleteException, InterruptedException {
    String table = options.needed(0, "a table");
    options.atMost(1);
    String format = options.word("format", "ndjson", "csv");
    List<String> query = new ArrayList<>(List.of("table", table, "format", format));
    query.addAll(List.of("trailer", "true"));
    for (String name : List.of("columns", "rows")) {
      options.value(name).ifPresent(value -> query.addAll(List.of(name, value)));
    }
    Optional<String> slot = options.value("slot");
    if (slot.isPresent()) {
      read(client, options, slot.get(), query, out, err);
      return;
    }
    String made = client.call("POST", "init");
    String name = JsonText.member(made, "slotName").map(JsonText::string).orElseThrow();
    AtExit leave = new AtExit(3, () -> drop(client, name, err)); // of what was written
    try {
      read(client, options, name, query, out, err);
    } finally {
      leave.cancel();
      drop(client, name, err);
    }
  }

  private static void drop(DeltaClient client, String slot, PrintStream err) {
    try {
      client.drop(slot);
    } catch (DeltaException e) {
      err.println(
          "pgdeltastream: Slot %s is left, and keeps WAL until it is dropped: drop %s --yes. %s"
              .formatted(slot, slot, Shown.text(String.valueOf(e.getMessage()))));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void read(
      DeltaClient client,
      Options options,
      String slot,
      List<String> query,
      PrintStream out,
      PrintStream err)
      throws IOException, IncompleteException, InterruptedException {
    query.addAll(List.of("slotName", slot));
    long now = System.nanoTime();
    boolean isShown = options.has("progress") || Progress.isWanted();
    Progress progress =
        isShown ? new Progress(err, estimate(client, slot, query.get(1)), now) : null;
    new TableCopy(out, progress).run(client.open("snapshot/stream", query.toArray(new String[0])));
  }

  /** What PostgreSQL believes, of the first table of this name; 0 if nobody knows. */
  private static long estimate(DeltaClient client, String slot, String table)
      throws InterruptedException {
    String name = table.replaceFirst(".*\\.", "");
    return JsonText.elements(client.call("GET", "snapshot/tables", "slotName", slot)).stream()
        .map(JsonText::members)
        .filter(one -> name.equalsIgnoreCase(JsonText.string(one.getOrDefault("table", ""))))
        .map(one -> one.getOrDefault("estimatedRows", "0"))
        .filter(rows -> rows.matches("\\d{1,18}"))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(0);
  }
}
