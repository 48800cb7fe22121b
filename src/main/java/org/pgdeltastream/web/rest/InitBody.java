package org.pgdeltastream.web.rest;

import jakarta.json.bind.annotation.JsonbPropertyOrder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.pgdeltastream.slot.NewSlot;

/** The answer to an init. */
@JsonbPropertyOrder({
  "slotName",
  "plugin",
  "publications",
  "consistentPoint",
  "snapshotExpires",
  "stream",
  "warnings"
})
public record InitBody(
    String slotName,
    String plugin,
    List<String> publications,
    String consistentPoint,
    String snapshotExpires,
    String stream,
    List<String> warnings) {

  /**
   * The answer about a slot just made.
   *
   * @param contextPath where the application lives; empty at the root
   */
  static InitBody of(NewSlot slot, String contextPath) {
    return new InitBody(
        slot.name().value(),
        slot.plugin().sqlName(),
        slot.publications(),
        slot.consistentPoint().toString(),
        slot.snapshotExpires().toString(),
        contextPath + stream(slot),
        slot.warnings());
  }

  private static String stream(NewSlot slot) {
    String path = "/v1/lr/stream?slotName=" + slot.name();
    if (!slot.publicationsNamed()) {
      return path;
    }
    return path
        + "&publication="
        + URLEncoder.encode(String.join(",", slot.publications()), StandardCharsets.UTF_8)
            .replace("+", "%20")
            .replace("%2C", ",");
  }
}
