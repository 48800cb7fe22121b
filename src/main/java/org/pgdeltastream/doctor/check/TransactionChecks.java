package org.pgdeltastream.doctor.check;

import java.util.List;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.doctor.Check;
import org.pgdeltastream.doctor.Facts;
import org.pgdeltastream.doctor.Facts.OpenTransaction;
import org.pgdeltastream.doctor.Facts.Part;
import org.pgdeltastream.doctor.Facts.PreparedTransaction;
import org.pgdeltastream.doctor.Finding;
import org.pgdeltastream.doctor.Finding.Severity;
import org.pgdeltastream.doctor.Fix;
import org.pgdeltastream.doctor.Fix.Who;
import org.pgdeltastream.doctor.SqlText;

/** Transactions that stay open: no slot gets beyond them, and no slot is made. */
final class TransactionChecks {
  private TransactionChecks() {}

  static List<Check> all(Limits limits) {
    return List.of(
        Check.of("held_back", Part.TRANSACTIONS, facts -> heldBack(facts, limits)),
        Check.of("prepared", Part.PREPARED, facts -> prepared(facts, limits)));
  }

  private static List<Finding> heldBack(Facts facts, Limits limits) {
    return facts.transactions().stream()
        .filter(open -> open.openFor().compareTo(limits.heldBack()) > 0)
        .map(open -> heldBack(open, limits))
        .toList();
  }

  private static Finding heldBack(OpenTransaction open, Limits limits) {
    return new Finding(
        "held_back",
        open.openFor().compareTo(limits.heldBackLong()) > 0 ? Severity.ERROR : Severity.WARNING,
        "process " + open.pid(),
        "A transaction that writes has been open for %s (role %s, program %s, %s): slots keep all WAL"
                .formatted(
                    Found.time(open.openFor()),
                    Shown.of(open.role()),
                    Shown.of(open.program()),
                    Shown.of(open.state()))
            + " since then, and no slot is made until its end",
        Fix.of(Who.ADMINISTRATOR, "End it", "SELECT pg_terminate_backend(" + open.pid() + ")"));
  }

  private static List<Finding> prepared(Facts facts, Limits limits) {
    return facts.prepared().stream()
        .filter(one -> one.preparedFor().compareTo(limits.prepared()) > 0)
        .map(TransactionChecks::prepared)
        .toList();
  }

  private static Finding prepared(PreparedTransaction one) {
    return new Finding(
        "prepared",
        Severity.WARNING,
        "transaction " + Shown.of(one.gid()),
        "A transaction was prepared %s ago in database %s and is not committed: slots keep all WAL"
                .formatted(Found.time(one.preparedFor()), Shown.of(one.database()))
            + " since then, and no slot is made until its end",
        Fix.of(
            Who.ADMINISTRATOR,
            "Commit it or roll it back, in database " + Shown.of(one.database()),
            "ROLLBACK PREPARED " + SqlText.literal(one.gid())));
  }
}
