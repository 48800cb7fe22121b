package org.pgdeltastream.slot.upstream;

import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.replication.connection.OpenSockets;
import org.pgdeltastream.replication.wal.CatchUps;
import org.pgdeltastream.slot.database.Database;
import org.pgdeltastream.slot.database.Settings;

/**
 * What all streams of this server share.
 *
 * @param stopping the server stops: no stream takes a slot any more
 */
public record StreamServices(
    Database database,
    Settings settings,
    OwnPublications ownPublications,
    CatchUps catchUps,
    AtomicBoolean stopping) {

  /** The same, with connections that {@link OpenSockets#close} cuts from outside. */
  public StreamServices within(OpenSockets sockets) {
    return new StreamServices(
        database.within(sockets), settings, ownPublications, catchUps, stopping);
  }
}
