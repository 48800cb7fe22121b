package org.pgdeltastream.slot.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.postgresql.util.GT;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;

class ProblemsTest {
  private static PSQLException ofServer(String state, String text) {
    return new PSQLException(new ServerErrorMessage("SFATAL\0C" + state + "\0M" + text + "\0"));
  }

  @ParameterizedTest
  @CsvSource({
    "08P01, unsupported startup parameter: replication, UPSTREAM_CONFIG, pooler",
    "26000, prepared statement S_1 does not exist, UPSTREAM_CONFIG, pooler",
    "42P05, prepared statement S_1 already exists, UPSTREAM_CONFIG, pooler",
    "25006, '', UPSTREAM_CONFIG, standby",
    "28000, '', UPSTREAM_CONFIG, pg_hba.conf",
    "28P01, '', UPSTREAM_CONFIG, password",
    "3D000, '', UPSTREAM_CONFIG, database",
    "53100, '', UPSTREAM_BUSY, disk",
    "53200, '', UPSTREAM_BUSY, memory",
    "53300, 'Anzahl: max_wal_senders (aktuell 2)', UPSTREAM_BUSY, max_wal_senders",
    "53300, 'sorry, too many clients already', UPSTREAM_BUSY, max_connections",
    "53400, all replication slots are in use, SLOTS_EXHAUSTED, max_replication_slots",
    "53400, temporary file size exceeds temp_file_limit (1kB), UPSTREAM_BUSY, temp_file_limit",
    "54001, '', UPSTREAM_BUSY, 54001",
    "55000, 'only if \"max_replication_slots\" > 0', UPSTREAM_CONFIG, max_replication_slots",
    "55000, 'requires \"wal_level\" >= \"logical\"', UPSTREAM_CONFIG, wal_level",
    "55000, something else, UPSTREAM_CONFIG, 55000",
    "57014, '', UPSTREAM_BUSY, cancelled",
    "57P01, '', UPSTREAM_UNAVAILABLE, shuts down",
    "57P03, '', UPSTREAM_UNAVAILABLE, starts",
    "57P04, '', UPSTREAM_CONFIG, does not exist",
    "58030, '', UPSTREAM_UNAVAILABLE, files",
    "58P01, '', UPSTREAM_UNAVAILABLE, library",
    "XX000, '', UPSTREAM_CONFIG, XX000",
    "XX001, '', UPSTREAM_CONFIG, XX001",
    "22021, '', UPSTREAM_CONFIG, UTF-8",
    "22P05, '', UPSTREAM_CONFIG, UTF-8",
    "22P02, '', UPSTREAM_CONFIG, 22P02",
    "40001, '', UPSTREAM_BUSY, another transaction",
    "40P01, '', UPSTREAM_BUSY, another transaction",
    "0A000, '', UPSTREAM_CONFIG, standby",
    "42601, '', UPSTREAM_CONFIG, pooler",
    "P0001, DDL only in migrations, UPSTREAM_CONFIG, event triggers",
    "HV000, '', UPSTREAM_CONFIG, foreign",
  })
  void tellsWhatPostgresMeansInAnyLanguage(
      String state, String text, Problem problem, String said) {
    ProblemException told = Problems.of(ofServer(state, text));
    assertThat(told.problem()).isEqualTo(problem);
    assertThat(told.getMessage() + ". " + told.hint()).containsIgnoringCase(said);
    assertThat(told.hint()).isNotEmpty();
  }

  @Test
  void hasAProblemAndAHintForEveryCode() {
    Random random = new Random(5);
    String letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int i = 0; i < 20_000; i++) {
      StringBuilder state = new StringBuilder();
      for (int j = i % 7 == 0 ? i % 6 : 5; j > 0; j--) {
        state.append(letters.charAt(random.nextInt(letters.length())));
      }
      assertThat(Problems.of(new SQLException("", state.toString())).hint()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"XX000", "21000", "55000", "42883"})
  void namesTheCodeOfWhatItHasNoWordsForButNeverPostgresWords(String state) {
    assertThat(Problems.of(ofServer(state, "a secret value")))
        .hasMessageMatching(".* \\(SQLSTATE " + state + "\\), id [0-9a-f]{8}")
        .hasMessageNotContaining("secret");
  }

  @Test
  void knowsWhyTheDriverDoesNotConnect() {
    PSQLState rejected = PSQLState.CONNECTION_REJECTED;
    assertThat(Problems.of(new PSQLException("… no password was provided.", rejected)))
        .hasMessageContaining("password");
    assertThat(Problems.of(new PSQLException(GT.tr("The server does not support SSL."), rejected)))
        .hasMessageContaining("TLS");
    assertThat(Problems.of(unreachable(new SSLHandshakeException("PKIX"))))
        .hasMessageContaining("certificate");
    assertThat(Problems.of(unreachable(new UnknownHostException("nowhere"))))
        .hasMessageContaining("host name");
    assertThat(Problems.of(new PSQLException("sslmode", PSQLState.INVALID_PARAMETER_VALUE)).hint())
        .contains("pgdelta.database-url");
  }

  private static PSQLException unreachable(Exception cause) {
    return new PSQLException("The connection attempt failed.", PSQLState.CONNECTION_FAILURE, cause);
  }

  @Test
  void looksBehindAPoolAndTellsItFromPostgres() {
    SQLException wrapped = new SQLException("no", new Exception(ofServer("28P01", "wrong")));
    assertThat(Problems.of(wrapped)).hasMessageContaining("password");
    for (SQLException exhausted :
        List.of(
            new SQLException("no", new NoSuchElementException("idle object")),
            new SQLException("Timeout: Pool empty", "HY000"))) { // Tomcat's, of 2026
      ProblemException pool = Problems.of(exhausted);
      assertThat(pool).hasMessageContaining("This server's pool");
      assertThat(pool.problem()).isEqualTo(Problem.UPSTREAM_BUSY);
    }
  }
}
