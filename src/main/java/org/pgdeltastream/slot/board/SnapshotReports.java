package org.pgdeltastream.slot.board;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.RowEstimates;
import org.pgdeltastream.replication.connection.ReplicationConnector;
import org.pgdeltastream.slot.database.Problems;
import org.pgdeltastream.slot.lease.TableProgress;
import org.pgdeltastream.slot.stream.Slot;
import org.pgdeltastream.slot.stream.Slots;

/** Shows snapshots; PostgreSQL is asked for tables' sizes only while some are read. */
public final class SnapshotReports {
  private final Slots slots;
  private final ReplicationConnector connector;

  public SnapshotReports(Slots slots, ReplicationConnector connector) {
    this.slots = slots;
    this.connector = connector;
  }

  /** The open snapshots of this server, and who reads whole tables under them. */
  public List<SnapshotReport> of(BoardLook look) {
    List<SnapshotReport> open = new ArrayList<>();
    for (Slot slot : slots.all()) {
      slot.held().ifPresent(held -> open.add(snapshot(slot.name(), held, look)));
    }
    return open;
  }

  private SnapshotReport snapshot(SlotName name, Slot.Held held, BoardLook look) {
    Map<Long, Long> rows = look.stale() ? Map.of() : estimates(held.reads());
    return new SnapshotReport(
        name,
        held.opened(),
        held.expires(),
        look.server().xidsHeld().getOrDefault(held.pid(), 0L),
        held.reads().stream().map(read -> report(read, rows)).toList());
  }

  private Map<Long, Long> estimates(Set<TableProgress> reads) {
    try {
      return RowEstimates.read(
          connector,
          reads.stream()
              .flatMapToLong(read -> read.oid().stream())
              .boxed()
              .collect(Collectors.toSet()));
    } catch (SQLException e) {
      throw Problems.of(e);
    }
  }

  private static SnapshotReport.Read report(TableProgress read, Map<Long, Long> rows) {
    OptionalLong oid = read.oid();
    Optional<Long> all =
        oid.isPresent() ? Optional.ofNullable(rows.get(oid.getAsLong())) : Optional.empty();
    return new SnapshotReport.Read(
        read.request(),
        read.started(),
        read.rows(),
        read.bytes(),
        all.map(count -> OptionalLong.of(count / read.request().part().of()))
            .orElse(OptionalLong.empty()));
  }
}
