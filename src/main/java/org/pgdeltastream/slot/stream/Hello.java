package org.pgdeltastream.slot.stream;

import org.pgdeltastream.change.Lsn;
import org.pgdeltastream.change.OutputPlugin;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.replication.wal.ServerIdentity;

/** The first message of a stream whose client has asked where it starts. */
final class Hello {
  private Hello() {}

  static String json(
      ServerIdentity server, SlotName slot, OutputPlugin plugin, Lsn confirmed, Lsn start) {
    return ("{\"hello\":{\"system\":\"%s\",\"timeline\":%s,\"slot\":\"%s\",\"plugin\":\"%s\","
            + "\"confirmed\":\"%s\",\"start\":\"%s\"}}")
        .formatted(server.systemId(), server.timeline(), slot, plugin.sqlName(), confirmed, start);
  }
}
