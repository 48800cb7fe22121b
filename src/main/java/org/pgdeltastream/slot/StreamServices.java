package org.pgdeltastream.slot;

import java.util.concurrent.atomic.AtomicBoolean;
import org.pgdeltastream.replication.CatchUps;
import org.pgdeltastream.replication.OpenSockets;

/**
 * What all streams of this server share.
 *
 * @param stopping the server stops: no stream takes a slot any more
 */
record StreamServices(
    Database database,
    Settings settings,
    OwnPublications ownPublications,
    CatchUps catchUps,
    AtomicBoolean stopping) {

  /** The same, with connections that {@link OpenSockets#close} cuts from outside. */
  StreamServices within(OpenSockets sockets) {
    return new StreamServices(
        database.within(sockets), settings, ownPublications, catchUps, stopping);
  }
}
