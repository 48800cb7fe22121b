package org.pgdeltastream.doctor.check;

import java.util.List;
import java.util.stream.Stream;
import org.pgdeltastream.doctor.Check;

/** All checks of the doctor. */
public final class Checks {
  private Checks() {}

  public static List<Check> all(Limits limits) {
    return Stream.of(
            ServerChecks.all(),
            RoomChecks.all(limits),
            RightChecks.all(),
            TableChecks.all(),
            PublicationChecks.all(),
            RoleChecks.all(),
            SlotChecks.all(limits),
            TransactionChecks.all(limits),
            TimeLimitChecks.all(),
            StandbyChecks.all(),
            KafkaChecks.all())
        .flatMap(List::stream)
        .toList();
  }
}
