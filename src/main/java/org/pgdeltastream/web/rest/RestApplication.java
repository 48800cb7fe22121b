package org.pgdeltastream.web.rest;

import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All resources and providers, under one path. */
@ApplicationPath("/v1")
public class RestApplication extends Application {
  static final Set<Class<?>> RESOURCES =
      Set.of(InitResource.class, PingResource.class, SlotsResource.class, SnapshotResource.class);
  private static final Set<Class<?>> PROVIDERS =
      Set.of(FailureMapper.class, JsonbProvider.class, RefusalMapper.class);

  /** Named, not found: TomEE finds no providers beside an application that overrides anything. */
  @Override
  public Set<Class<?>> getClasses() {
    return Stream.concat(RESOURCES.stream(), PROVIDERS.stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** No machine-made description of the API on Jersey; see PlainFilter for Apache CXF. */
  @Override
  public Map<String, Object> getProperties() {
    return Map.of("jersey.config.server.wadl.disableWadl", true);
  }
}
