package org.pgdeltastream.web.stream;

import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.change.option.ChangeOptions;
import org.pgdeltastream.slot.stream.StreamOptions;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Parameters;
import org.pgdeltastream.web.http.Query;

/** The query string of a stream. */
final class StreamRequest {
  private static final String TAIL = "/lr/tail";

  private StreamRequest() {}

  /**
   * Reads the query string as it was sent; null means that there was none.
   *
   * @throws org.pgdeltastream.change.ProblemException BAD_REQUEST, naming what is wrong
   */
  static StreamOptions parse(@Nullable String queryString) {
    Query query = Query.parse(queryString, Parameters.of(Parameters.STREAM));
    SlotName slotName =
        query
            .text("slotName")
            .map(Input::slotName)
            .orElseThrow(() -> Input.bad("no slotName provided"));
    return new StreamOptions(
        slotName,
        query.list("publication"),
        changes(query),
        query.text("from").map(StreamRequest::position),
        gapAccepted(query),
        query.flag("hello"),
        query.flag("takeover"),
        query.text("window").map(StreamRequest::bytes).orElse(0L));
  }

  /** That of a tail, for a slot of a new name. */
  static StreamOptions parseTail(@Nullable String queryString) {
    Query query = Query.parse(queryString, Parameters.of(Parameters.TAIL));
    String number = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
    return StreamOptions.tail(number, query.list("publication"), changes(query));
  }

  /** Whether the path is one of a stream or a tail, without a slash at its end. */
  static boolean isFor(String path) {
    return path.endsWith("/lr/stream") || path.endsWith(TAIL);
  }

  /** Either, by the path of the handshake. */
  static StreamOptions parse(String path, @Nullable String queryString) {
    return path.endsWith(TAIL) ? parseTail(queryString) : parse(queryString);
  }

  private static ChangeOptions changes(Query query) {
    try {
      return ChangeOptions.parse(query::text);
    } catch (IllegalArgumentException e) {
      throw Input.bad(String.valueOf(e.getMessage()), e);
    }
  }

  private static Lsn position(String text) {
    try {
      return Lsn.parse(text);
    } catch (IllegalArgumentException e) {
      throw Input.bad("Parameter from is " + Input.shown(text) + ", not an LSN like 0/170FCB0");
    }
  }

  private static boolean gapAccepted(Query query) {
    Optional<String> gap = query.text("gap");
    if (gap.isPresent() && !gap.get().equals("accept")) {
      throw Input.bad("Parameter gap is " + Input.shown(gap.get()) + "; it may only be accept");
    }
    return gap.isPresent();
  }

  private static long bytes(String text) {
    if (!text.matches("[1-9][0-9]{0,17}")) {
      throw Input.bad("Parameter window is " + Input.shown(text) + ", not a number of bytes");
    }
    return Long.parseLong(text);
  }
}
