package org.pgdeltastream.feed;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.MessageOutput;
import org.pgdeltastream.encoder.Envelope;

/**
 * Lends envelopes to views while a transaction has changes for them: thousands of views rarely need
 * one at the same time.
 */
final class Envelopes {
  private static final int KEPT = 64;

  private final ArrayDeque<Loan> free = new ArrayDeque<>();

  /** An envelope, and where it sends. */
  final class Loan implements MessageOutput {
    private final Envelope envelope = new Envelope(this);
    private @Nullable MessageOutput to;

    Envelope envelope() {
      return envelope;
    }

    void giveBack() {
      to = null;
      if (free.size() < KEPT) {
        free.push(this);
      }
    }

    @Override
    public void begin(Lsn earliestEnd) throws IOException {
      requireNonNull(to).begin(earliestEnd);
    }

    @Override
    public void part(byte[] bytes, int start, int length) throws IOException {
      requireNonNull(to).part(bytes, start, length);
    }

    @Override
    public void last(byte[] bytes, int start, int length, Lsn endLsn) throws IOException {
      requireNonNull(to).last(bytes, start, length, endLsn);
    }
  }

  Loan lend(MessageOutput to) {
    Loan loan = free.isEmpty() ? new Loan() : free.pop();
    loan.to = to;
    return loan;
  }
}
