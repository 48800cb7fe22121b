package org.pgdeltastream.slot;

import static java.lang.System.Logger.Level.INFO;

import java.sql.SQLException;
import org.pgdeltastream.delivery.CloseReason;

/** What the loss of a connection to PostgreSQL means for the client behind it. */
final class Upstream {
  private static final System.Logger LOG = System.getLogger(Upstream.class.getName());

  private Upstream() {}

  /** Whether trying again can help, and what the client is told if it does not. */
  record Loss(boolean isFinal, Ending ending) {}

  static Loss loss(SlotStream stream, Exception cause) {
    String state = sqlState(cause);
    LOG.log(INFO, stream + " lost PostgreSQL (" + state + "): " + cause.getMessage());
    if (state.equals("42501") || state.equals("58P01")) {
      return new Loss(
          true,
          Ending.of(
              CloseReason.CANNOT_DECODE,
              "PostgreSQL does not allow the slot's plugin; see output_plugin_libraries"));
    }
    if (state.equals("22023") || state.equals("42704")) {
      return new Loss(
          true,
          Ending.of(CloseReason.CANNOT_DECODE, "PostgreSQL refuses an option or a publication"));
    }
    if (state.equals("0A000")) {
      return new Loss(
          true,
          Ending.of(
              CloseReason.CANNOT_DECODE,
              "PostgreSQL cannot do this: publications that name different columns of a table?"));
    }
    if (state.equals("55006")) {
      return new Loss(
          false,
          Ending.of(CloseReason.SLOT_BUSY, "the slot's former walsender does not end; reconnect"));
    }
    if (state.startsWith("57P")) {
      return new Loss(
          false, Ending.of(CloseReason.UPSTREAM_RESTARTING, "PostgreSQL restarts; reconnect"));
    }
    return new Loss(
        state.startsWith("28") || state.equals("3D000"),
        Ending.of(CloseReason.UPSTREAM_LOST, "PostgreSQL cannot be reached; reconnect"));
  }

  private static String sqlState(Exception cause) {
    for (Throwable e = cause; e != null; e = e.getCause()) {
      if (e instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return "";
  }
}
