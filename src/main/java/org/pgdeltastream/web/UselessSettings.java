package org.pgdeltastream.web;

import static java.lang.System.Logger.Level.WARNING;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.pgdeltastream.change.Shown;
import org.pgdeltastream.slot.database.OperatorSettings;
import org.pgdeltastream.slot.database.Settings;
import org.pgdeltastream.slot.feed.FeedDefinition;
import org.pgdeltastream.slot.guard.GuardRules;
import org.pgdeltastream.web.access.Hosts;
import org.pgdeltastream.web.access.WebOrigin;

/** Refuses values that are well-formed and can never work. */
final class UselessSettings {
  private static final System.Logger LOG = System.getLogger(UselessSettings.class.getName());

  private static final Pattern HOST =
      Pattern.compile("[a-z0-9_-]+(\\.[a-z0-9_-]+)*|\\[[0-9a-f:.]+\\]");
  private static final Pattern TOKEN = Pattern.compile("[!-~]+");
  private static final Pattern SUBPROTOCOL = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern SLOTS = Pattern.compile("[a-z0-9_*]+");

  private static final Pattern URL = Pattern.compile("jdbc:postgresql:(?!//[^/?]*@).*");
  private static final int SHORT = 16;

  /** PostgreSQL cuts {@code pgdeltastream/<node>} at 63 bytes, and puts ? for what is not ASCII. */
  private static final Pattern NODE = Pattern.compile("[ -~]{1,49}");

  /** What the runnable jar sets while it serves TLS. */
  private static final String OWN_TLS = "org.pgdeltastream.launch.tls";

  private UselessSettings() {}

  /**
   * Refuses them, and warns of tokens that not everybody can send.
   *
   * @throws IllegalArgumentException naming the setting; of tokens and the URL never the value
   */
  static void refuse(Settings settings) {
    refuse(
        "origins",
        settings.origins(),
        WebOrigin::isOfPages,
        "which no browser sends as an Origin: write it like https://app.example.com, without a slash"
            + " at the end, the usual port, or *");
    refuse(
        "hosts",
        settings.hosts(),
        host -> HOST.matcher(Hosts.name(host)).matches(),
        "which is no host: write it like delta.example.com, without scheme or path");
    refuse(
        "slot-pattern",
        List.of(settings.slotPattern()),
        pattern -> SLOTS.matcher(pattern).matches(),
        "which no slot's name matches: they have a-z, 0-9 and _; * stands for any of these");
    refuseFeeds(settings);
    if (!NODE.matcher(settings.node()).matches()) {
      LOG.log(
          WARNING,
          "pgdelta.node is cut by PostgreSQL: it keeps 49 characters of ASCII in application_name");
    }
    settings.databaseUrl().ifPresent(UselessSettings::checkUrl);
    checkOperators(settings);
  }

  static void refuseFeeds(Settings settings) {
    refuse(
        "feeds",
        settings.ofFeeds().feeds(),
        FeedDefinition::isSetting,
        "which is no feed: write it like main, or main=p1,p2; a name is 1 to 40 of a-z, 0-9 and _");
  }

  private static void checkOperators(Settings settings) {
    GuardRules.parse(settings.ofOperators().guard());
    checkTokens("tokens", settings.tokens());
    List<String> monitors = settings.ofOperators().monitorTokens();
    checkTokens("monitor-tokens", monitors);
    if (!settings.asksForTokens() && !monitors.isEmpty()) {
      throw new IllegalArgumentException(
          "Setting pgdelta.monitor-tokens needs pgdelta.tokens: without them no token is asked for");
    }
    checkTls(settings.ofOperators());
    if (monitors.stream().anyMatch(settings.tokens()::contains)) {
      throw new IllegalArgumentException(
          "Setting pgdelta.monitor-tokens has a token of pgdelta.tokens: who sends it could not act");
    }
  }

  /** An application server does not read them, and would serve without TLS. */
  private static void checkTls(OperatorSettings settings) {
    boolean set = settings.tlsCertificate().isPresent() || settings.tlsKey().isPresent();
    if (set && System.getProperty(OWN_TLS) == null) {
      throw new IllegalArgumentException(
          "Setting pgdelta.tls-certificate or pgdelta.tls-key is for the runnable jar: give an"
              + " application server its certificate in its own configuration");
    }
  }

  /** Another kind of URL may have a password anywhere. */
  private static void checkUrl(String url) {
    if (!URL.matcher(url).matches()) {
      throw new IllegalArgumentException(
          "Setting pgdelta.database-url is not like jdbc:postgresql://host:port/database; a user and"
              + " a password stand in settings of their own, not before the host");
    }
  }

  private static void refuse(
      String name, List<String> values, Predicate<String> useful, String why) {
    values.stream()
        .filter(useful.negate())
        .findFirst()
        .ifPresent(
            value -> {
              throw new IllegalArgumentException(
                  "Setting pgdelta." + name + " has '" + Shown.of(value) + "', " + why);
            });
  }

  private static void checkTokens(String name, List<String> tokens) {
    if (!tokens.stream().allMatch(token -> TOKEN.matcher(token).matches())) {
      throw new IllegalArgumentException(
          "Setting pgdelta."
              + name
              + " has a token with a space or a letter beyond ASCII, which no"
              + " header can carry");
    }
    if (!tokens.stream().allMatch(token -> SUBPROTOCOL.matcher(token).matches())) {
      LOG.log(
          WARNING,
          "pgdelta."
              + name
              + " has a token that no browser can send with a websocket, because of a"
              + " letter such as / or =; 'openssl rand -hex 32' makes one that works everywhere");
    }
    if (tokens.stream().anyMatch(token -> token.length() < SHORT)) {
      LOG.log(
          WARNING,
          "pgdelta." + name + " has a token of less than 16 characters: it can be guessed");
    }
  }
}
