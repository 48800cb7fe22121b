package org.pgdeltastream.blackbox;

import java.util.Map;

/** With frames as the server usually has them. */
class RightsServerIT extends RightsStory {
  RightsServerIT() {
    super(Map.of());
  }
}
