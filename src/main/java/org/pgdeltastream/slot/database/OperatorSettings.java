package org.pgdeltastream.slot.database;

import java.util.List;

/**
 * The settings of those who look after this server.
 *
 * @param monitorTokens who sends one of them may look, and neither act nor see rows
 * @param guard the rules that warn of slots and act on them; see {@code slot.guard.GuardRules}
 * @param guardDryRun the guard says what it would do, and does nothing
 */
public record OperatorSettings(List<String> monitorTokens, String guard, boolean guardDryRun) {
  private static final String GUARD = "*: warn@50%, warn@10GB, warn@idle:24h";

  static OperatorSettings read(SettingSource source) {
    return new OperatorSettings(
        source.parts("monitor-tokens", ","),
        source.text("guard").orElse(GUARD),
        source.flag("guard-dry-run"));
  }
}
