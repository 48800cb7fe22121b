package org.pgdeltastream.web.access;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;

import jakarta.ejb.EJB;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Objects;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Traffic;

/** Asks the access rules about every request, before anything else sees it. */
public class AccessFilter implements Filter {
  /** Set where a web page may have caused the call: what shows it. */
  public static final String PAGE_SIGN = "org.pgdeltastream.page";

  /** A request's attribute: the place of the caller's token in the settings. */
  public static final String TOKEN = "org.pgdeltastream.token";

  /** A request's attribute: the {@link org.pgdeltastream.rights.Bearer} whose call it is. */
  public static final String BEARER = "org.pgdeltastream.bearer";

  private static final String PAGES_MAY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types lit-html";

  private static final System.Logger LOG = System.getLogger(AccessFilter.class.getName());

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @SuppressWarnings("NullAway.Init") // set by init
  private AccessRules rules;

  @SuppressWarnings("NullAway.Init") // set by init
  private Traffic traffic;

  private boolean cookies;
  private final RefusedCalls refused = new RefusedCalls();

  @Override
  public void init(FilterConfig config) {
    traffic = Traffic.of(config.getServletContext());
    rules = new AccessRules(slots.settings(), Callers.of(config.getServletContext()));
    cookies = slots.settings().ofTokens().jwks().isPresent();
    rules.advice().ifPresent(advice -> LOG.log(INFO, "Only this machine is let in. " + advice));
  }

  /**
   * Several servers close websockets on their own before they destroy EJBs; clients hear us first.
   */
  @Override
  public void destroy() {
    try {
      slots.close();
    } catch (RuntimeException e) {
      LOG.log(DEBUG, "The server has closed the slots' manager already: " + e);
    }
  }

  /** Never reads the body. */
  @Override
  public void doFilter(ServletRequest from, ServletResponse to, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest request = (HttpServletRequest) from;
    HttpServletResponse response = (HttpServletResponse) to;
    try {
      filter(request, response, chain);
    } finally {
      traffic.answered(response.getStatus());
    }
  }

  private void filter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    AccessRules.Call call = call(request);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Vary", "Origin");
    if (OpenPaths.isPage(call)) {
      protect(response);
    }
    rules.sharedWith(call).ifPresent(origin -> share(response, origin));
    Access access = rules.decide(call);
    if (access.refusal().isPresent()) {
      refused.log(request, access.refusal().get());
      refuse(request, response, access.refusal().get(), access.challenge());
    } else if (rules.isPreflight(call)) {
      answerPreflight(response);
    } else {
      access.token().ifPresent(token -> request.setAttribute(TOKEN, token));
      access.bearer().ifPresent(bearer -> request.setAttribute(BEARER, bearer));
      rules.pageSign(call).ifPresent(sign -> request.setAttribute(PAGE_SIGN, sign));
      chain.doFilter(request, response);
    }
  }

  /**
   * The console's files run no script and show nothing of others, and no other page shows them.
   * Source: W3C, Content Security Policy Level 3; Trusted Types.
   */
  private static void protect(HttpServletResponse response) {
    response.setHeader("Content-Security-Policy", PAGES_MAY);
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  }

  private static AccessRules.Call call(HttpServletRequest request) {
    return new AccessRules.Call(
        request.getMethod(),
        request.getScheme(),
        path(request),
        Objects.requireNonNullElse(request.getQueryString(), ""),
        request.getRemoteAddr(),
        name -> Collections.list(request.getHeaders(name)));
  }

  /** As it was sent; one that spells the application's own path otherwise is none of ours. */
  private static String path(HttpServletRequest request) {
    String sent = request.getRequestURI();
    String application = request.getContextPath();
    return sent.startsWith(application) ? sent.substring(application.length()) : sent;
  }

  private void share(HttpServletResponse response, String origin) {
    if (cookies) {
      response.setHeader("Access-Control-Allow-Credentials", "true");
    }
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader(
        "Access-Control-Expose-Headers", "Slot-Name, Next-Cursor, Retry-After, Allow");
  }

  private static void answerPreflight(HttpServletResponse response) {
    response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    response.setHeader("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE");
    response.setHeader(
        "Access-Control-Allow-Headers", "Authorization, Content-Type, Last-Event-ID");
    response.setHeader("Access-Control-Max-Age", "600");
  }

  private static void refuse(
      HttpServletRequest request, HttpServletResponse response, ErrorBody refusal, String challenge)
      throws IOException {
    if (!challenge.isEmpty()) {
      response.setHeader("WWW-Authenticate", challenge);
    }
    refusal.sendTo(request, response);
  }
}
