package org.pgdeltastream.slot;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.decoder.Vectors;
import org.pgdeltastream.support.TestDatabase;

/**
 * The recorded SQL on the PostgreSQL of the class path ({@code -Dpostgres.version=…}): pgoutput
 * says what wal2json said when it was recorded, but for the positions.
 */
@Tag("versions")
class RecordedSqlPostgresIT {
  private static final String CANNOT_UPDATE_WITHOUT_IDENTITY = "55000";

  @Test
  void saysWhatWal2JsonSaid() throws Exception {
    try (TestDatabase database = TestDatabase.embedded()) {
      TwoPlugins plugins = new TwoPlugins(database);
      run(plugins, Vectors.setUp(), statement -> !statement.contains("replication_slot"));
      plugins.run("create publication everything for all tables");
      plugins.begin(OutputPlugin.PGOUTPUT);
      run(plugins, Vectors.work(), statement -> true);
      plugins.run("checkpoint");

      List<String> said = KnownDifferences.ours(plugins.texts(OutputPlugin.PGOUTPUT, ""));

      boolean messages = plugins.serverVersion() >= 14;
      List<String> recorded =
          KnownDifferences.oracle(Vectors.wal2Json()).stream()
              .map(text -> messages ? text : withoutMessages(text))
              .map(text -> plugins.serverVersion() >= 12 ? text : withAllDigits(text))
              .filter(text -> !text.endsWith("\"change\":[]}"))
              .toList();
      assertThat(said.stream().map(RecordedSqlPostgresIT::withoutPosition))
          .containsExactlyElementsOf(
              recorded.stream().map(RecordedSqlPostgresIT::withoutPosition).toList());
    }
  }

  /** Each line as a client would send it; an UPDATE without an identity may fail. */
  static void run(TwoPlugins plugins, List<String> lines, Predicate<String> wanted)
      throws SQLException {
    List<String> statements =
        lines.stream()
            .flatMap(line -> line.startsWith("begin;") ? one(line) : each(line))
            .filter(wanted)
            .toList();
    for (String statement : statements) {
      try {
        plugins.run(statement);
      } catch (SQLException e) {
        if (!CANNOT_UPDATE_WITHOUT_IDENTITY.equals(e.getSQLState())) {
          throw e;
        }
      }
    }
  }

  private static Stream<String> one(String line) {
    return Stream.of(line);
  }

  private static Stream<String> each(String line) {
    return Stream.of(line.split(";", -1)).filter(part -> !part.isBlank());
  }

  private static String withoutMessages(String text) {
    return text.replaceAll(
            ",?\\{\"kind\":\"message\",.*?\"content\":\"[^\"]*(\\\\\"[^\"]*)*\"\\}", "")
        .replace("\"change\":[,", "\"change\":[");
  }

  /** Before 12 PostgreSQL writes floats with 17 digits, not with as few as say the same. */
  private static String withAllDigits(String text) {
    return text.replace(",-1e+300,", ",-1.00000000000000005e+300,")
        .replace(",1e-300,", ",1.00000000000000003e-300,");
  }

  private static String withoutPosition(String text) {
    return text.replaceFirst("\"nextlsn\":\"[^\"]*\"", "\"nextlsn\":\"\"");
  }
}
