package org.pgdeltastream.slot.database;

import java.util.List;

/**
 * The settings of those who look after this server.
 *
 * @param monitorTokens who sends one of them may look, and neither act nor see rows
 */
public record OperatorSettings(List<String> monitorTokens) {
  static OperatorSettings read(SettingSource source) {
    return new OperatorSettings(source.parts("monitor-tokens", ","));
  }
}
