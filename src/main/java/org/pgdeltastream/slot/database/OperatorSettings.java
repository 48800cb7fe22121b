package org.pgdeltastream.slot.database;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings of those who look after this server.
 *
 * @param monitorTokens who sends one of them may look, and neither act nor see rows
 * @param guard the rules that warn of slots and act on them; see {@code slot.guard.GuardRules}
 * @param guardDryRun the guard says what it would do, and does nothing
 * @param heartbeat how often one is written into PostgreSQL's WAL; zero: never
 * @param tailSeconds how long a look at the newest changes may last
 * @param tlsCertificate a file for the runnable jar, which reads it; so is {@code tlsKey}
 */
public record OperatorSettings(
    List<String> monitorTokens,
    String guard,
    boolean guardDryRun,
    Duration heartbeat,
    Duration tailSeconds,
    Optional<String> tlsCertificate,
    Optional<String> tlsKey) {
  private static final String GUARD = "*: warn@50%, warn@10GB, warn@idle:24h";

  static OperatorSettings read(SettingSource source) {
    return new OperatorSettings(
        source.parts("monitor-tokens", ","),
        source.text("guard").orElse(GUARD),
        source.flag("guard-dry-run"),
        Duration.ofSeconds(source.number("heartbeat", 0, 0, 3600)),
        source.seconds("tail-seconds", 600),
        source.text("tls-certificate"),
        source.text("tls-key"));
  }
}
