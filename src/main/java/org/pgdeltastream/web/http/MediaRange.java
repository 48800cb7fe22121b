package org.pgdeltastream.web.http;

import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One of the types that a client takes, and how much it likes it. Source: RFC 9110, "Accept". */
public record MediaRange(String type, double quality) {
  private static final Pattern QUALITY = Pattern.compile("[qQ]=([01](?:\\.[0-9]{0,3})?)");

  /** Those of all these values of Accept, in lower case. */
  public static Stream<MediaRange> of(List<String> accept) {
    return accept.stream().flatMap(value -> Stream.of(value.split(","))).map(MediaRange::read);
  }

  private static MediaRange read(String range) {
    String[] parts = range.toLowerCase(Locale.ROOT).split(";", -1);
    double quality =
        Stream.of(parts)
            .skip(1)
            .map(part -> QUALITY.matcher(part.strip()))
            .filter(Matcher::matches)
            .mapToDouble(found -> Double.parseDouble(found.group(1)))
            .findFirst()
            .orElse(1);
    return new MediaRange(parts[0].strip(), quality);
  }
}
