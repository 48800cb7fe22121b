package org.pgdeltastream.web;

import jakarta.annotation.Priority;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.ext.Provider;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Refuses parameters that begin with an underscore. We have none, but Apache CXF answers {@code
 * _wadl} with a description of the API before any resource could refuse it.
 */
@Provider
@PreMatching
@Priority(1)
public class UnderscoreFilter implements ContainerRequestFilter {
  @Override
  public void filter(ContainerRequestContext request) {
    @Nullable String query = request.getUriInfo().getRequestUri().getRawQuery();
    if (query == null) {
      return;
    }
    Stream.of(query.split("&"))
        .filter(pair -> pair.startsWith("_") || pair.startsWith("%5"))
        .findFirst()
        .map(pair -> Input.bad("Unknown parameter " + Input.shown(pair.replaceFirst("=.*", ""))))
        .ifPresent(refused -> request.abortWith(Replies.of(Errors.of(refused)).build()));
  }
}
