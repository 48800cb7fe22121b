package org.pgdeltastream.web.socket;

import java.util.List;
import org.pgdeltastream.slot.database.Settings;

/** Whether this application writes a stream's frames, or the server's websocket does. */
public final class OwnFrames {
  /** In the names of the servers on which every black-box test passes with frames of our own. */
  private static final List<String> TESTED = List.of("Tomcat", "Liberty", "GlassFish");

  private OwnFrames() {}

  public static boolean areWritten(Settings.Websocket setting, String server) {
    return switch (setting) {
      case AUTO -> TESTED.stream().anyMatch(server::contains);
      case ENDPOINT -> false;
      case UPGRADE -> true;
    };
  }
}
