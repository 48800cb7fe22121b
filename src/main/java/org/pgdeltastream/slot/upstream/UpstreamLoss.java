package org.pgdeltastream.slot.upstream;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.HeapUsedUpException;
import org.pgdeltastream.delivery.CloseReason;

/**
 * What the loss of a connection to PostgreSQL means for the client behind it.
 *
 * <p>Source: manual, "PostgreSQL Error Codes".
 *
 * @param state the error code; empty where PostgreSQL gave none
 * @param isFinal another attempt cannot help
 * @param isAnswer PostgreSQL answered with an error: if the next attempt meets the same one at the
 *     same position, all will
 * @param ending the client's, if another attempt does not help
 */
record UpstreamLoss(String state, boolean isFinal, boolean isAnswer, Ending ending) {
  private static final String TOO_LARGE = "54000";
  private static final List<String> OF_A_ROW = List.of("22", "23", "P0", "XX"); // classes

  static UpstreamLoss of(Exception cause) {
    if (cause instanceof HeapUsedUpException e) {
      return ofHeap(e);
    }
    Optional<SQLException> error = error(cause);
    String state = error.map(SQLException::getSQLState).orElse("");
    return switch (state) {
      case "42501" -> cannotDecode(state, "the role may not do this: it needs REPLICATION");
      case "22023", "42704" -> cannotDecode(state, "PostgreSQL refuses an option or a publication");
      case "0A000" -> {
        Ending unable =
            Ending.of(
                CloseReason.CANNOT_DECODE,
                "PostgreSQL cannot do this: publications that name different columns of a table?");
        yield new UpstreamLoss(state, false, true, unable); // or a standby that is yet to promote
      }
      case TOO_LARGE ->
          cannotDecode(state, "a row or message is larger than PostgreSQL can send (1 GB)");
      case "22021", "22P05" ->
          cannotDecode(state, "a text is not valid in the database's encoding, or not in UTF-8");
      case "55P03" ->
          lost(state, CloseReason.UPSTREAM_LOST, "others' transactions do not end; reconnect");
      case "55006" ->
          lost(state, CloseReason.SLOT_BUSY, "the slot's former walsender does not end; reconnect");
      case "53300" ->
          lost(
              state,
              CloseReason.UPSTREAM_LOST,
              "PostgreSQL has no connection or walsender left: raise max_connections or"
                  + " max_wal_senders; reconnect");
      default -> byClass(state);
    };
  }

  /** The heap has no space for the message; it may have later, when others give memory back. */
  private static UpstreamLoss ofHeap(HeapUsedUpException e) {
    Ending ending =
        e.isHopeless()
            ? Ending.of(
                CloseReason.INTERNAL,
                "no memory for what comes: " + e.getMessage() + "; raise it and -Xmx")
            : Ending.of(
                CloseReason.LIMIT,
                "no memory: " + e.getMessage() + "; reconnect, or raise it and -Xmx");
    return new UpstreamLoss("", e.isHopeless(), false, ending);
  }

  private static UpstreamLoss byClass(String state) {
    if (state.startsWith("57P")) {
      return lost(state, CloseReason.UPSTREAM_RESTARTING, "PostgreSQL restarts; reconnect");
    }
    if (state.startsWith("28") || state.equals("3D000")) {
      Ending refused =
          Ending.of(
              CloseReason.UPSTREAM_LOST,
              "PostgreSQL refuses our role, password or database (" + state + ")");
      return new UpstreamLoss(state, true, true, refused);
    }
    if (state.isEmpty()
        || state.startsWith("08")
        || state.startsWith("57")
        || state.startsWith("40")) {
      return lost(state, CloseReason.UPSTREAM_LOST, "PostgreSQL cannot be reached; reconnect");
    }
    if (state.startsWith("53")) {
      return lost(
          state,
          CloseReason.UPSTREAM_LOST,
          "PostgreSQL lacks memory, disk or connections (" + state + "); reconnect");
    }
    Ending failed = Ending.of(CloseReason.UPSTREAM_LOST, "PostgreSQL fails (" + state + ")");
    return new UpstreamLoss(state, false, true, failed);
  }

  /** The plugin may not be used, or is missing: PostgreSQL names it, in any language. */
  static UpstreamLoss ofPlugin(String state) {
    return cannotDecode(
        state, "PostgreSQL does not allow the slot's plugin; see output_plugin_libraries");
  }

  /** For the log: PostgreSQL's text about a row may hold its values, so it stays in its own log. */
  String logText(Exception cause) {
    boolean isOfARow = OF_A_ROW.stream().anyMatch(state::startsWith);
    return isOfARow ? "see PostgreSQL's log" : String.valueOf(cause.getMessage());
  }

  /** A transaction was too large for one of PostgreSQL's strings. */
  boolean isTooLarge() {
    return state.equals(TOO_LARGE);
  }

  /** The same loss came again, at the same position. */
  Ending again() {
    if (ending.reason().filter(CloseReason.CANNOT_DECODE::equals).isPresent()) {
      return ending;
    }
    return Ending.of(
        CloseReason.CANNOT_DECODE,
        "PostgreSQL fails each time at the same position (" + state + "); see its log");
  }

  private static UpstreamLoss cannotDecode(String state, String detail) {
    return new UpstreamLoss(state, true, true, Ending.of(CloseReason.CANNOT_DECODE, detail));
  }

  private static UpstreamLoss lost(String state, CloseReason reason, String detail) {
    return new UpstreamLoss(state, false, false, Ending.of(reason, detail));
  }

  private static Optional<SQLException> error(Exception cause) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      if (e instanceof SQLException sql && sql.getSQLState() != null) {
        return Optional.of(sql);
      }
    }
    return Optional.empty();
  }
}
