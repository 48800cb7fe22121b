package org.pgdeltastream.web.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Collections;
import java.util.Enumeration;
import org.jspecify.annotations.Nullable;

/** A request without one of its headers. */
public final class HiddenHeaderRequest extends HttpServletRequestWrapper {
  private final String hidden;

  public HiddenHeaderRequest(HttpServletRequest request, String hidden) {
    super(request);
    this.hidden = hidden;
  }

  @Override
  public @Nullable String getHeader(String name) {
    return name.equalsIgnoreCase(hidden) ? null : super.getHeader(name);
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    return name.equalsIgnoreCase(hidden) ? Collections.emptyEnumeration() : super.getHeaders(name);
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    return Collections.enumeration(
        Collections.list(super.getHeaderNames()).stream()
            .filter(name -> !name.equalsIgnoreCase(hidden))
            .toList());
  }

  @Override
  public @Nullable String getContentType() {
    return hidden.equalsIgnoreCase("Content-Type") ? null : super.getContentType();
  }
}
