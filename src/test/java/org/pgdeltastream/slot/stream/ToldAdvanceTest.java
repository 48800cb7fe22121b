package org.pgdeltastream.slot.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotCheck;

/** No client of a slot that was moved goes on as if nothing had been left out. */
class ToldAdvanceTest {
  private static final Lsn TO = new Lsn(0x100);

  private final KnownSlot slot = new KnownSlot(new SlotName("delta_a"));

  private void connect() throws Refusal {
    SlotCheck.checkFrom(slot, TO, Optional.empty(), false);
  }

  private void isTold(String what) {
    assertThatThrownBy(this::connect).isInstanceOf(Refusal.class).hasMessageContaining(what);
  }

  private void isNotTold() {
    assertThatCode(this::connect).doesNotThrowAnyException();
  }

  private void advance(ToldAdvance.Move<Optional<Lsn>> move) throws SQLException {
    ToldAdvance.run(slot, "a test", move, to -> to);
  }

  @Test
  void tellsTheNextClient() throws SQLException {
    isNotTold();
    advance(() -> Optional.of(TO));
    isTold("delta_a was advanced to 0/100 by a test: what lay before is lost");
    slot.advance("");
    isNotTold();
  }

  @Test
  void tellsAClientThatComesBeforeTheCallHasReturned() throws SQLException {
    advance(
        () -> {
          isTold("is being advanced by a test");
          return Optional.of(TO);
        });
  }

  @Test
  void tellsNobodyOfAMoveThatWasNone() throws SQLException {
    advance(Optional::empty);
    isNotTold();
    assertThatThrownBy(
            () ->
                advance(
                    () -> {
                      throw new ProblemException(Problem.BAD_REQUEST, "beyond", "");
                    }))
        .isInstanceOf(ProblemException.class);
    isNotTold();
  }

  @ParameterizedTest
  @CsvSource({"55006, false", "57014, false", "08006, true", "08003, true"})
  void tellsWherePostgresMayHaveMovedIt(String state, boolean told) {
    assertThatThrownBy(
            () ->
                advance(
                    () -> {
                      throw new SQLException("x", state);
                    }))
        .isInstanceOf(SQLException.class);
    if (told) {
      isTold("is being advanced by a test");
    } else {
      isNotTold();
    }
  }

  @Test
  void keepsWhatWasNotToldYetWhereAnotherMoveIsRefused() throws SQLException {
    advance(() -> Optional.of(TO));
    advance(Optional::empty);
    isTold("was advanced to 0/100");
    assertThat(slot.wasSeen()).as("it is remembered").isTrue();
  }
}
