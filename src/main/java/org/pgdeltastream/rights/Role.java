package org.pgdeltastream.rights;

import java.util.Map;

/**
 * What its bearers may do.
 *
 * @param all everything, as a token of {@code pgdelta.tokens}
 * @param monitor look, as a token of {@code pgdelta.monitor-tokens}
 */
public record Role(
    String name, boolean all, boolean monitor, Map<String, FeedRight> feeds, Limits limits) {
  public Role {
    feeds = Map.copyOf(feeds);
  }
}
