package org.pgdeltastream.web.live;

import jakarta.ejb.EJB;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.pgdeltastream.delivery.CloseReason;
import org.pgdeltastream.feed.log.Framing;
import org.pgdeltastream.framing.Handshake;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.slot.SlotManager;
import org.pgdeltastream.slot.admission.Caller;
import org.pgdeltastream.slot.feed.Feeds;
import org.pgdeltastream.web.access.AccessFilter;
import org.pgdeltastream.web.access.Callers;
import org.pgdeltastream.web.http.ErrorBody;
import org.pgdeltastream.web.http.Errors;
import org.pgdeltastream.web.http.MediaRange;
import org.pgdeltastream.web.socket.OwnFrames;
import org.pgdeltastream.web.stream.HandshakeCheck;

/**
 * A feed's stream, as a websocket or as server-sent events, and its changes by pull. Passes on what
 * is neither.
 */
public class FeedFilter implements Filter {
  static final Pattern PATH = Pattern.compile("/v1/feeds/([^/]+)/(stream|changes)/?");
  private static final String EVENTS = "text/event-stream";
  private static final String LINES = "application/x-ndjson";
  private static final String JSON = "application/json";

  @EJB
  @SuppressWarnings("NullAway.Init") // the container sets it
  SlotManager slots;

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest from = (HttpServletRequest) request;
    HttpServletResponse to = (HttpServletResponse) response;
    Matcher path = PATH.matcher(path(from));
    if (!path.matches()) {
      chain.doFilter(request, response);
      return;
    }
    if (!from.getMethod().equals("GET")) {
      to.setHeader("Allow", "GET");
      Errors.ofStatus(HttpServletResponse.SC_METHOD_NOT_ALLOWED, null).sendTo(from, to);
      return;
    }
    try {
      if (path.group(2).equals("stream")) {
        stream(from, to, chain, path.group(1));
      } else {
        pull(from, to, path.group(1));
      }
    } catch (RuntimeException e) { // a servlet has no exception mapper
      Errors.of(e).sendTo(from, to);
    }
  }

  private static String path(HttpServletRequest request) {
    return request.getRequestURI().substring(request.getContextPath().length());
  }

  private void stream(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain, String feed)
      throws IOException, ServletException {
    Handshake handshake = HandshakeCheck.of(request);
    if (handshake.isAsked()) {
      socket(request, response, chain, handshake, feed);
    } else if (takes(request, EVENTS)) {
      events(request, response, feed);
    } else {
      notAcceptable(request, response, "a websocket, or text/event-stream");
    }
  }

  private void socket(
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain,
      Handshake handshake,
      String feed)
      throws IOException, ServletException {
    if (!HandshakeCheck.isPossible(request, response, handshake)) {
      return;
    }
    HandshakeCheck.check(request, handshake);
    FeedQuery query = FeedQuery.ofStream(request.getQueryString(), null);
    Feeds feeds = slots.feeds();
    feeds.check(feed, caller(request), query.view(), query.snapshot());
    String server = request.getServletContext().getServerInfo();
    if (OwnFrames.areWritten(slots.settings().websocket(), server)) {
      OwnFrames.upgrade(request, response, handshake, FeedSocket.class)
          .serve(feeds, feed, query, caller(request), verifier(request));
    } else {
      chain.doFilter(FeedEndpoint.request(request), response);
    }
  }

  private void events(HttpServletRequest request, HttpServletResponse response, String feed)
      throws IOException {
    FeedQuery query =
        FeedQuery.ofStream(request.getQueryString(), request.getHeader("Last-Event-ID"));
    Feeds feeds;
    try {
      feeds = slots.feeds();
      feeds.check(feed, caller(request), query.view(), query.snapshot());
    } catch (RuntimeException e) { // some servers wrap it
      refuse(request, response, Errors.of(e));
      return;
    }
    EventStream.head(response);
    Caller caller = caller(request);
    new EventStream(
            AsyncAnswer.context(request),
            feed,
            one -> feeds.follow(feed, query.request(Framing.EVENT_STREAM, caller, one), one))
        .begin();
  }

  /** A status ends a browser's EventSource for good: only where coming again does not help. */
  private static void refuse(
      HttpServletRequest request, HttpServletResponse response, ErrorBody error)
      throws IOException {
    if (!error.retry()) {
      error.sendTo(request, response);
      return;
    }
    error.countIn(request);
    EventStream.head(response);
    response.getOutputStream().write(EventStream.retry());
    response.getOutputStream().write(EventStream.bye(CloseReason.LIMIT, error.error()));
  }

  private void pull(HttpServletRequest request, HttpServletResponse response, String feed)
      throws IOException {
    FeedQuery query = FeedQuery.ofPull(request.getQueryString());
    boolean json = takes(request, JSON);
    if (!json && !takes(request, LINES)) {
      notAcceptable(request, response, JSON + ", or " + LINES);
      return;
    }
    boolean lines = !json || isNamed(request, LINES);
    Feeds feeds = slots.feeds();
    Caller caller = caller(request);
    feeds.check(feed, caller, query.view(), query.snapshot());
    new PullAnswer(
            AsyncAnswer.context(request),
            lines,
            query.limitBytes(),
            query.longest().toNanos(),
            one -> feeds.follow(feed, query.request(Framing.LINES, caller, one), one))
        .begin();
  }

  /** Whose client it is. */
  static Caller caller(HttpServletRequest request) {
    String token = Objects.toString(request.getAttribute(AccessFilter.TOKEN), "");
    Object bearer = request.getAttribute(AccessFilter.BEARER);
    return new Caller(
        request.getRemoteAddr(), token, Optional.ofNullable(bearer).map(Bearer.class::cast));
  }

  /** Whose a token is that comes later, if that is not an operator's. */
  static Function<String, Optional<Bearer>> verifier(HttpServletRequest request) {
    return Callers.of(request.getServletContext())::bearer;
  }

  private static void notAcceptable(
      HttpServletRequest request, HttpServletResponse response, String what) throws IOException {
    new ErrorBody(
            HttpServletResponse.SC_NOT_ACCEPTABLE,
            "bad_request",
            "Only " + what + " can be answered here",
            false,
            "Send such an Accept header")
        .sendTo(request, response);
  }

  /** Without an Accept header, or with one for all types, too. */
  private static boolean takes(HttpServletRequest request, String type) {
    List<String> accept = Collections.list(request.getHeaders("Accept"));
    String any = type.replaceFirst("/.*", "/*");
    return accept.isEmpty()
        || MediaRange.of(accept)
            .anyMatch(
                range -> range.quality() > 0 && List.of(type, any, "*/*").contains(range.type()));
  }

  private static boolean isNamed(HttpServletRequest request, String type) {
    return MediaRange.of(Collections.list(request.getHeaders("Accept")))
        .anyMatch(range -> range.quality() > 0 && range.type().equals(type));
  }
}
