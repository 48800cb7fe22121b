package org.pgdeltastream.web.live;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.TableName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.feed.log.FeedPosition;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.filter.Condition;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.FollowRequest;
import org.pgdeltastream.slot.view.ViewRequest;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Parameters;
import org.pgdeltastream.web.http.Query;

/**
 * The query string of a feed's stream, or of a pull.
 *
 * @param snapshot whether rows are wanted where there is no position to go on from
 * @param longest how long a pull waits for something new
 * @param limitBytes after which a pull's answer ends with a transaction
 */
record FeedQuery(
    ViewRequest view,
    FollowRequest.After after,
    boolean snapshot,
    Duration linger,
    Duration longest,
    int limitBytes) {
  private static final int MOST_LINGER_MILLIS = 1000;
  private static final int MOST_WAIT_SECONDS = 60;
  private static final int USUAL_LIMIT = 1 << 20;
  private static final int MOST_LIMIT = 64 << 20;

  /**
   * Reads a stream's query string as it was sent.
   *
   * @param lastEventId what a browser says when it comes again; wins over {@code after}
   * @throws org.pgdeltastream.change.ProblemException BAD_REQUEST, naming what is wrong
   */
  static FeedQuery ofStream(@Nullable String queryString, @Nullable String lastEventId) {
    return read(Query.parse(queryString, Parameters.of(Parameters.FEED_STREAM)), lastEventId);
  }

  /** What would be shown by a stream; a ticket opens none here. */
  static FeedQuery ofView(@Nullable String queryString) {
    return read(Query.parse(queryString, Parameters.of(Parameters.FEED)), null);
  }

  static FeedQuery ofPull(@Nullable String queryString) {
    return read(Query.parse(queryString, Parameters.of(Parameters.PULL)), null);
  }

  /** What is asked of the feed. */
  FollowRequest request(Framing framing, Caller caller, FollowRequest.Client client) {
    return new FollowRequest(view, framing, after, snapshot, linger, caller, client);
  }

  private static FeedQuery read(Query query, @Nullable String lastEventId) {
    Optional<String> last = Optional.ofNullable(lastEventId).filter(text -> !text.isEmpty());
    FollowRequest.After after =
        last.map(text -> after("Header Last-Event-ID", text))
            .or(() -> query.text("after").map(text -> after("Parameter after", text)))
            .orElse(FollowRequest.After.NOW);
    return new FeedQuery(
        new ViewRequest(changes(query), rows(query)),
        after,
        number(query, "snapshot", 0, 1) == 1,
        Duration.ofMillis(number(query, "linger", 0, MOST_LINGER_MILLIS)),
        Duration.ofSeconds(number(query, "wait", 0, MOST_WAIT_SECONDS)),
        number(query, "limit-bytes", USUAL_LIMIT, MOST_LIMIT));
  }

  private static FollowRequest.After after(String what, String text) {
    return switch (text) {
      case "now" -> FollowRequest.After.NOW;
      case "oldest" -> FollowRequest.After.OLDEST;
      default -> {
        try {
          yield FollowRequest.After.of(FeedPosition.parse(text));
        } catch (IllegalArgumentException e) {
          throw Input.bad(
              what
                  + " is "
                  + Input.shown(text)
                  + ", not now, oldest, an LSN or a position like 7f3a9c1e.1.5d2e8a01.0/1792448");
        }
      }
    };
  }

  private static int number(Query query, String name, int usual, int most) {
    Optional<String> text = query.text(name);
    if (text.isEmpty()) {
      return usual;
    }
    int number = text.get().matches("\\d{1,9}") ? Integer.parseInt(text.get()) : -1;
    if (number < 0 || number > most) {
      throw Input.bad(
          "Parameter " + name + " is " + Input.shown(text.get()) + ", not a number up to " + most);
    }
    return number;
  }

  private static ChangeOptions changes(Query query) {
    try {
      return ChangeOptions.parse(query::text).withColumns(columns(query));
    } catch (IllegalArgumentException e) {
      throw Input.bad(String.valueOf(e.getMessage()), e);
    }
  }

  /** {@code public.orders:id,status;public.news:id}. */
  private static Map<TableName, List<String>> columns(Query query) {
    Map<TableName, List<String>> columns = new HashMap<>();
    for (String item : query.text("columns").stream().flatMap(FeedQuery::split).toList()) {
      int colon = item.indexOf(':');
      int dot = item.indexOf('.');
      List<String> names = new ArrayList<>(List.of(item.substring(colon + 1).split(",", -1)));
      if (dot < 1 || colon < dot + 2 || names.contains("")) {
        throw Input.bad(
            "Parameter columns has " + Input.shown(item) + ", not schema.table:column,column");
      }
      TableName table = table(item.substring(0, colon), dot);
      if (columns.put(table, names) != null) {
        throw Input.bad("Parameter columns names " + Input.shown(table.toString()) + " twice");
      }
    }
    return columns;
  }

  private static TableName table(String name, int dot) {
    return new TableName(name.substring(0, dot), name.substring(dot + 1));
  }

  /** {@code public.orders:status=eq.open}; of conditions on one table all must hold. */
  private static Map<TableName, Condition> rows(Query query) {
    Map<TableName, List<String>> rows = new HashMap<>();
    for (String item : query.texts("rows")) {
      int colon = item.indexOf(':');
      int dot = item.indexOf('.');
      if (dot < 1 || colon < dot + 2) {
        throw Input.bad(
            "Parameter rows is " + Input.shown(item) + ", not schema.table:column=operator.value");
      }
      rows.computeIfAbsent(table(item.substring(0, colon), dot), any -> new ArrayList<>())
          .add(item.substring(colon + 1));
    }
    return rows.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, one -> all("Parameter rows", one.getValue())));
  }

  /** A condition on a table's rows. */
  static Condition condition(String what, String text) {
    return all(what, List.of(text));
  }

  private static Condition all(String what, List<String> texts) {
    try {
      return Condition.parse(texts);
    } catch (IllegalArgumentException e) {
      throw Input.bad(what + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Stream<String> split(String text) {
    return Stream.of(text.split(";", -1));
  }
}
