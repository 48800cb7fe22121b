package org.pgdeltastream.launch.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.pgdeltastream.client.DeltaClient;
import org.pgdeltastream.client.DeltaStream;
import org.pgdeltastream.client.Message;
import org.pgdeltastream.client.StreamBuilder;
import org.pgdeltastream.launch.command.BadArgumentException;

/** Prints changes as they come. */
final class Tail implements RemoteCommand {
  private static final String HELP =
      """
      Usage: java -jar pgdeltastream.jar tail [URL] [OPTION]...

      Prints changes as they come, from the server at URL (http://127.0.0.1:12312). Without --slot
      and --feed it shows what happens from now on, by a temporary slot that ends with it.

        --slot NAME            the stream of this slot; what is printed stays unacknowledged
        --acknowledge          of a slot: what is printed is done, and does not come again
        --feed NAME            this feed
        --tables LIST          only these tables: public.orders,sales.*
        --actions LIST         only these: insert,update,delete,truncate
        --option NAME=VALUE    any other option of streams; can be given more than once
        --from POSITION        of a slot or feed: begin behind this position
        --until LSN            end when everything up to this LSN was printed
        --count N              end after N messages
        --reconnect            come back after a break, for ever; of a slot with --acknowledge
        --format FORMAT        line (the default): INSERT public.orders id=1 status="new"
                               json: each message as it came, on a line; pretty: for people

      Exit status: 0 at --until, --count or Ctrl-C; 1 refused; 3 lost, come again later.
      The token, if the server wants one, comes from PGDELTA_TOKEN.
      """;

  private static final String LSN = "\\p{XDigit}{1,8}/\\p{XDigit}{1,8}";
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Override
  public Set<String> taking() {
    return Set.of(
        "slot", "feed", "tables", "actions", "option", "from", "until", "count", "format");
  }

  @Override
  public Set<String> plain() {
    return Set.of("acknowledge", "reconnect");
  }

  @Override
  public String help() {
    return HELP;
  }

  @Override
  public void run(Options options, DeltaClient client, PrintStream out, PrintStream err)
      throws BadArgumentException, IOException, InterruptedException {
    Function<Message, String> format =
        switch (options.word("format", "line", "json", "pretty")) {
          case "json" -> Message::text;
          case "pretty" -> Tail::pretty;
          default -> Tail::lines;
        };
    MessagePrinter printer = new MessagePrinter(out, format, until(options), count(options));
    boolean isDone = options.has("acknowledge") || options.has("feed");
    try (DeltaStream stream = plan(options, client, err).open()) {
      AtExit leave = new AtExit(0, stream::close);
      try {
        while (!printer.hasEnough() && !stream.isClosed()) {
          Message message = stream.poll(LOOK).orElse(null);
          if (message != null && printer.print(message) && isDone) {
            stream.acknowledge(message);
          }
        }
      } finally {
        leave.cancel();
      }
    }
  }

  private static StreamBuilder plan(Options options, DeltaClient client, PrintStream err)
      throws BadArgumentException {
    check(options);
    Optional<String> feed = options.value("feed");
    StreamBuilder plan =
        options
            .value("slot")
            .map(client::slot)
            .or(() -> feed.map(client::feed))
            .orElseGet(client::tail);
    plan.acknowledgeManually();
    options.value("tables").ifPresent(plan::tables);
    options.value("actions").ifPresent(plan::actions);
    options.value("from").ifPresent(plan::from);
    for (String one : options.all("option")) {
      int equals = one.indexOf('=');
      options.refuse(equals < 1, "takes '--option NAME=VALUE', not '" + Shown.text(one) + "'");
      try {
        plan.option(one.substring(0, equals), one.substring(equals + 1));
      } catch (IllegalArgumentException e) {
        options.refuse(true, "takes no such '--option': " + Shown.text(one));
      }
    }
    return options.has("reconnect")
        ? plan.onLoss(loss -> err.println(Shown.text(loss.getMessage() + "; trying again")))
        : plan.withoutReconnect();
  }

  private static void check(Options options) throws BadArgumentException {
    options.atMost(0);
    boolean isSlot = options.has("slot");
    boolean isFeed = options.has("feed");
    options.refuse(isSlot && isFeed, "takes --slot or --feed, not both");
    options.refuse(options.has("acknowledge") && !isSlot, "acknowledges a --slot only");
    options.refuse(options.has("from") && !isSlot && !isFeed, "takes --from with --slot or --feed");
    options.refuse(
        options.has("reconnect") && isSlot && !options.has("acknowledge"),
        "comes back to a slot with --acknowledge only, since all would come again");
  }

  private static long count(Options options) throws BadArgumentException {
    String count = options.value("count").orElse(String.valueOf(Long.MAX_VALUE));
    options.refuse(!count.matches("[1-9]\\d{0,18}"), "takes '--count' from 1");
    return Long.parseLong(count);
  }

  /** As the server writes it; without one, one that is never reached. */
  private static String until(Options options) throws BadArgumentException {
    String until = options.value("until").orElse("FFFFFFFF/FFFFFFFF");
    options.refuse(!until.matches(LSN), "takes '--until' an LSN such as 0/1792448");
    String[] halves = until.split("/", 2);
    return "%X/%X".formatted(Long.parseLong(halves[0], 16), Long.parseLong(halves[1], 16));
  }

  /** One line a change; nothing for the begin and the end of a transaction. */
  private static String lines(Message message) {
    return Change.all(message.text()).stream()
        .filter(change -> !change.action().equals("BEGIN") && !change.action().equals("COMMIT"))
        .map(Change::line)
        .collect(Collectors.joining("\n"));
  }

  private static String pretty(Message message) {
    return message.lsn().map(lsn -> lsn + "\n").orElse("")
        + Change.all(message.text()).stream().map(Change::pretty).collect(Collectors.joining("\n"));
  }
}
