package org.pgdeltastream.web.ops;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.Query;

/**
 * Serves the descriptions of the API: OpenAPI 3.1, AsyncAPI 3.0, and the JSON Schemas (2020-12)
 * that both refer to. They are files beside this class, not in META-INF, where a server that knows
 * MicroProfile OpenAPI would read openapi.json, in a version of its own.
 */
public class DescriptionServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;
  private static final Pattern PATH =
      Pattern.compile("/v1/((openapi|asyncapi|schema/[a-z0-9-]{1,40})\\.json)/?");

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (!List.of("GET", "HEAD").contains(request.getMethod())) {
      response.setHeader("Allow", "GET");
      Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(request, response);
      return;
    }
    try {
      Query.parse(request.getQueryString());
    } catch (RuntimeException e) { // a servlet has no exception mapper
      Errors.of(e).sendTo(request, response);
      return;
    }
    String path = request.getRequestURI().substring(request.getContextPath().length());
    try (InputStream file = file(path)) {
      if (file == null) {
        Errors.ofStatus(HttpServletResponse.SC_NOT_FOUND, null).sendTo(request, response);
        return;
      }
      byte[] json = file.readAllBytes();
      response.setContentType(
          path.contains("/schema/") ? "application/schema+json" : "application/json");
      response.setContentLength(json.length);
      response.getOutputStream().write(json);
    }
  }

  /** Null where there is none. */
  private static @Nullable InputStream file(String path) {
    Matcher name = PATH.matcher(path);
    return name.matches()
        ? DescriptionServlet.class.getResourceAsStream("description/" + name.group(1))
        : null;
  }
}
