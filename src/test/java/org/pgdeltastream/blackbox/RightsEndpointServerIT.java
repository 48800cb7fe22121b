package org.pgdeltastream.blackbox;

import java.util.Map;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/** Through the container's websocket, where frames of our own are usual: on TomEE. */
@DisabledIfSystemProperty(named = "pgdelta.test.server", matches = ".+")
class RightsEndpointServerIT extends RightsStory {
  RightsEndpointServerIT() {
    super(Map.of("websocket", "endpoint"));
  }
}
