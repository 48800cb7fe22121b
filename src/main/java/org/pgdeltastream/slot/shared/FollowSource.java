package org.pgdeltastream.slot.shared;

import java.sql.SQLException;
import java.util.List;
import org.pgdeltastream.change.Catalog;
import org.pgdeltastream.decoder.ServerEncoding;
import org.pgdeltastream.replication.wal.ReplicationConnection;
import org.pgdeltastream.replication.wal.ServerIdentity;
import org.pgdeltastream.slot.upstream.KnownSlot;
import org.pgdeltastream.slot.upstream.Refusal;
import org.pgdeltastream.slot.upstream.SlotCheck;
import org.pgdeltastream.slot.upstream.SlotPipeline;
import org.pgdeltastream.slot.upstream.StreamServices;

/** What a follower must know of the PostgreSQL whose changes the log has. */
record FollowSource(ServerIdentity server, ServerEncoding encoding, Catalog catalog) {
  /** Asks PostgreSQL. */
  static FollowSource of(KnownSlot slot, StreamServices services, List<String> publications)
      throws SQLException, Refusal {
    SlotPipeline.Source source =
        new SlotCheck(services.database(), services.settings(), services.ownPublications())
            .sourceOf(slot, publications);
    return new FollowSource(identify(services), source.encoding(), services.catalog(slot));
  }

  static ServerIdentity identify(StreamServices services) throws SQLException {
    try (ReplicationConnection connection =
        new ReplicationConnection(services.database().connector().openReplication())) {
      return connection.identify();
    }
  }
}
