package org.pgdeltastream.launch.remote;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.client.JsonText;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Makes a slot and its snapshot. */
final class Init implements RemoteCommand {
  private static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar init [URL] [NAME] [OPTION]...

      Makes a slot at the server at URL (http://127.0.0.1:12312), and with it a snapshot. Prints its
      name. Without NAME the server chooses one.

        --plugin PLUGIN        auto, wal2json or pgoutput
        --publication LIST     for pgoutput: a,b

      Exit status: 0 made, 1 refused, 3 nobody answers or come again later.
      The token, if the server wants one, comes from PGDELTA_TOKEN.
      """;

  @Override
  public Set<String> taking() {
    return Set.of("plugin", "publication");
  }

  @Override
  public String help() {
    return HELP;
  }

  @Override
  public void run(Options options, DeltaClient client, PrintStream out, PrintStream err)
      throws BadArgumentException, InterruptedException {
    options.atMost(1);
    List<String> query = new ArrayList<>();
    add(query, "slotName", options.positional(0));
    add(query, "plugin", options.value("plugin"));
    add(query, "publication", options.value("publication"));
    String slot = client.call("POST", "init", query.toArray(new String[0]));
    for (String warning : JsonText.elements(JsonText.member(slot, "warnings").orElse("[]"))) {
      err.println("pgdeltastream: " + Shown.text(JsonText.string(warning)));
    }
    out.println(JsonText.member(slot, "slotName").map(JsonText::string).orElseThrow());
  }

  private static void add(List<String> query, String name, Optional<String> value) {
    value.ifPresent(text -> query.addAll(List.of(name, text)));
  }
}
