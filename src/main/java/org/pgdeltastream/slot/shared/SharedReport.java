package org.pgdeltastream.slot.shared;

import java.util.List;
import java.util.Optional;
import org.pgdeltastream.change.Lsn;

/**
 * A shared feed as operators see it on this server.
 *
 * @param detail what an operator has to know; empty if nothing
 * @param topic where the log is
 * @param term of this server's lead; empty if it does not lead
 * @param durable up to where this server's lead has told PostgreSQL to forget; 0/0 if it never led
 * @param isNear whether it has read all of the log, but for some megabytes
 */
public record SharedReport(
    SharedState state,
    String detail,
    String topic,
    Optional<String> term,
    Lsn durable,
    boolean isNear,
    List<String> warnings) {
  public SharedReport {
    warnings = List.copyOf(warnings);
  }
}
