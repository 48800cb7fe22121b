package org.pgdeltastream.web.access;

import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import org.pgdeltastream.change.Problem;
import org.pgdeltastream.change.ProblemException;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.Query;

/**
 * Puts a token into a cookie, which a browser's EventSource sends each time that it comes again.
 *
 * <p>Source: RFC 6265; draft-ietf-httpbis-rfc6265bis, section 4.1.
 */
@Path("cookie")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class CookieResource {
  /** Browsers keep 4096 bytes, with the cookie's name and attributes. */
  private static final int MOST = 3800;

  /** Answers 204. */
  @POST
  public Response set(@Context HttpServletRequest request) {
    check(request);
    String token =
        Collections.list(request.getHeaders(HttpHeaders.AUTHORIZATION)).stream()
            .map(Credentials::bearer)
            .findFirst()
            .orElseThrow(() -> Input.bad("Send the token as 'Authorization: Bearer <token>'"));
    Optional<Instant> end =
        request.getAttribute(AccessFilter.BEARER) instanceof Bearer bearer
            ? bearer.identity().expires()
            : Optional.empty();
    Instant expires =
        end.orElseThrow(
            () ->
                new ProblemException(
                    Problem.FORBIDDEN,
                    "Only a token that ends by itself is put into a cookie",
                    "Send one of the issuer of pgdelta.jwks"));
    if (token.length() > MOST) {
      throw Input.bad("The token has more than " + MOST + " characters: no cookie can hold it");
    }
    long seconds = Math.max(0, Duration.between(Instant.now(), expires).toSeconds());
    return answer(request, token, seconds);
  }

  /** Answers 204; needs no token, since it only forgets the caller's own. */
  @DELETE
  public Response clear(@Context HttpServletRequest request) {
    check(request);
    return answer(request, "", 0);
  }

  private static void check(HttpServletRequest request) {
    Query.parse(request.getQueryString());
    if (BodyReader.read(request).isPresent()) {
      throw Input.bad("This call takes no body");
    }
  }

  private static Response answer(HttpServletRequest request, String value, long seconds) {
    return Response.noContent()
        .header(
            HttpHeaders.SET_COOKIE,
            Credentials.COOKIE
                + "="
                + value
                + "; Path="
                + request.getContextPath()
                + "/v1/feeds; Max-Age="
                + seconds
                + "; HttpOnly; Secure; SameSite=Strict")
        .build();
  }
}
