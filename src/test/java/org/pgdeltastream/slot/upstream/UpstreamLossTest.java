package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.delivery.CloseReason;

class UpstreamLossTest {
  @ParameterizedTest
  @CsvSource({"54000, 1 GB", "22021, encoding", "22P05, encoding", "42704, publication"})
  void isFinalWhereItWillComeAgain(String state, String word) {
    UpstreamLoss loss = UpstreamLoss.of(new SQLException("words", state));

    assertThat(loss.isFinal()).isTrue();
    assertThat(loss.ending().reason()).hasValue(CloseReason.CANNOT_DECODE);
    assertThat(loss.ending().detail()).contains(word);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"08006", "57P01", "57P03", "57014", "40001", "53300", "53200", "55006", "55P03"})
  void isNoneWhereWaitingHelps(String state) {
    UpstreamLoss loss = UpstreamLoss.of(new SQLException("words", state));

    assertThat(loss.isFinal()).isFalse();
    assertThat(loss.isAnswer()).as("final when it comes again").isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"22012", "XX000", "P0001", "58P01", "55000"})
  void isFinalOnlyWhenItComesAgainWhereNobodyForesawIt(String state) {
    UpstreamLoss loss = UpstreamLoss.of(new SQLException("words", state));

    assertThat(loss.isFinal()).isFalse();
    assertThat(loss.isAnswer()).isTrue();
    assertThat(loss.again().reason()).hasValue(CloseReason.CANNOT_DECODE);
    assertThat(loss.again().detail()).contains(state);
  }

  @Test
  void triesAgainWhatAStandbyCannotDoYet() {
    UpstreamLoss loss = UpstreamLoss.of(new SQLException("words", "0A000"));

    assertThat(loss.isFinal()).isFalse();
    assertThat(loss.again().detail()).contains("columns");
  }

  @Test
  void namesTheLimitsWhereNoWalsenderIsLeft() {
    assertThat(UpstreamLoss.of(new SQLException("", "53300")).ending().detail())
        .contains("max_wal_senders");
  }

  @Test
  void findsTheCodeInsideOtherFailures() {
    assertThat(UpstreamLoss.of(new IOException(new SQLException("", "57P01"))).ending().reason())
        .hasValue(CloseReason.UPSTREAM_RESTARTING);
    assertThat(UpstreamLoss.of(new IOException("reset")).ending().reason())
        .hasValue(CloseReason.UPSTREAM_LOST);
  }

  @Test
  void tellsTheLogNoValueOfARow() {
    SQLException ofARow = new SQLException("invalid input: \"a secret\"", "22P02");
    SQLException other = new SQLException("Connection refused", "08001");

    assertThat(UpstreamLoss.of(ofARow).logText(ofARow)).doesNotContain("secret");
    assertThat(UpstreamLoss.of(other).logText(other)).isEqualTo("Connection refused");
  }
}
