package org.pgdeltastream.web.rest;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Map;
import java.util.Set;
import org.pgdeltastream.web.access.CookieResource;
import org.pgdeltastream.web.access.RevocationsResource;
import org.pgdeltastream.web.access.TicketsResource;
import org.pgdeltastream.web.live.ExplainResource;
import org.pgdeltastream.web.ops.AboutResource;

/** All resources and providers, under one path. */
@ApplicationPath("/v1")
public class RestApplication extends Application {
  private static final Set<String> POSTED =
      Set.of(
          "tickets",
          "slots/{name}/close",
          "slots/{name}/advance",
          "feeds/{name}/explain",
          "feeds/{name}/accept-gap");

  /** Named, not found: TomEE finds no providers beside an application that overrides anything. */
  @Override
  public Set<Class<?>> getClasses() {
    return Set.of(
        AboutResource.class,
        CookieResource.class,
        DoctorResource.class,
        ExplainResource.class,
        FeedsResource.class,
        HealthResource.class,
        InitResource.class,
        PingResource.class,
        RevocationsResource.class,
        SlotsResource.class,
        SnapshotResource.class,
        SnapshotsResource.class,
        StatusResource.class,
        TicketsResource.class,
        FailureMapper.class,
        JsonbProvider.class,
        RefusalMapper.class);
  }

  /** The value of Allow for a path, empty for an unknown one: not every server gets it right. */
  static String methodsOf(String path) {
    String plain =
        path.replaceAll("^/+|/+$", "")
            .replaceFirst("^(slots|feeds|schema)/[^/]+(?=$|/)", "$1/{name}");
    if (POSTED.contains(plain)) {
      return "POST";
    }
    return switch (plain) {
      case "init", "revocations" -> "GET, POST"; // HEAD of init is only there to be refused
      case "about",
          "doctor",
          "ping",
          "metrics",
          "slots",
          "feeds",
          "snapshot/tables",
          "status",
          "snapshots",
          "openapi.json",
          "asyncapi.json",
          "schema/{name}" ->
          "GET";
      case "health", "health/started", "health/live", "health/ready" -> "GET";
      case "cookie" -> "DELETE, POST";
      case "feeds/{name}" -> "DELETE, GET, PUT";
      case "slots/{name}" -> "DELETE, GET";
      case "snapshot" -> "DELETE";
      default -> "";
    };
  }

  /** No machine-made description of the API on Jersey; see PlainFilter for Apache CXF. */
  @Override
  public Map<String, Object> getProperties() {
    return Map.of("jersey.config.server.wadl.disableWadl", true);
  }
}
