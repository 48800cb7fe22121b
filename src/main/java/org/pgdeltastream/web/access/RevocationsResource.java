package org.pgdeltastream.web.access;

import static java.lang.System.Logger.Level.INFO;

import jakarta.enterprise.context.RequestScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.pgdeltastream.web.http.BodyFields;
import org.pgdeltastream.web.http.BodyReader;
import org.pgdeltastream.web.http.Input;
import org.pgdeltastream.web.http.JsonTree;
import org.pgdeltastream.web.http.Query;
import org.pgdeltastream.web.token.Revocation;
import org.pgdeltastream.web.token.Revocations;
import org.pgdeltastream.web.token.TokenVerifier;

/** Revokes tokens, and shows what is revoked. */
@Path("revocations")
@RequestScoped
@Produces(MediaType.APPLICATION_JSON)
public class RevocationsResource {
  private static final System.Logger LOG = System.getLogger(RevocationsResource.class.getName());
  private static final int MOST_SHOWN = 1000;
  private static final int MOST_NAME = 255;

  @GET
  public Map<String, Object> all(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    Revocations known = Callers.of(request.getServletContext()).revocations();
    List<Revocation> all = known.all();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("count", all.size());
    body.put("revocations", all.stream().limit(MOST_SHOWN).map(one -> shown(one, known)).toList());
    return body;
  }

  /** {@code {"sub":"…"}}, maybe with {@code before}, or {@code {"jti":"…"}}. */
  @POST
  public Map<String, Object> revoke(@Context HttpServletRequest request) {
    Query.parse(request.getQueryString());
    Revocation one =
        revocation(
            BodyReader.read(request).orElseThrow(() -> Input.bad("There is no body")),
            Instant.now());
    Revocations known = Callers.of(request.getServletContext()).revocations();
    known.add(one);
    LOG.log(
        INFO, "Tokens are revoked, by their " + name(one) + ", from " + request.getRemoteAddr());
    return shown(one, known);
  }

  /** What a body asks for now. An issuer's clock may be ahead, and so may what is taken now. */
  static Revocation revocation(JsonTree body, Instant now) {
    BodyFields fields = BodyFields.of(body, "", "sub", "jti", "before");
    Optional<String> subject = fields.text("sub");
    Optional<String> token = fields.text("jti");
    if (subject.isPresent() == token.isPresent()) {
      throw Input.bad("Give one of the fields sub and jti");
    }
    String what = subject.or(() -> token).orElse("");
    if (what.isEmpty() || what.length() > MOST_NAME) {
      throw Input.bad("Field sub or jti must have 1 to " + MOST_NAME + " characters");
    }
    Optional<String> before = fields.text("before");
    if (subject.isPresent()) {
      Instant latest = now.plus(TokenVerifier.SKEW);
      return new Revocation(
          Revocation.Kind.SUB, what, before.map(text -> instant(text, latest)).orElse(latest));
    }
    if (before.isPresent()) {
      throw Input.bad("Field before goes with sub: jti names one token, whenever it was issued");
    }
    return new Revocation(Revocation.Kind.JTI, what, now);
  }

  private static Instant instant(String text, Instant latest) {
    try {
      Instant before = Instant.parse(text);
      if (!before.isAfter(latest) && before.isAfter(Instant.EPOCH)) {
        return before;
      }
    } catch (DateTimeParseException e) {
      throw Input.bad(
          "Field before is " + Input.shown(text) + ", not a time like 2026-11-28T23:00:00Z");
    }
    throw Input.bad("Field before is " + Input.shown(text) + ", which has not come yet");
  }

  private static String name(Revocation one) {
    return one.kind().name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> shown(Revocation one, Revocations known) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(name(one), one.what());
    body.put("before", one.before().toString());
    body.put("until", known.end(one).toString());
    return body;
  }
}
