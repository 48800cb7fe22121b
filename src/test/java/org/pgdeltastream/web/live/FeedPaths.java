package org.pgdeltastream.web.live;

/** Which paths below a feed the filter answers by itself. */
public final class FeedPaths {
  private FeedPaths() {}

  public static boolean isFor(String path) {
    return FeedFilter.PATH.matcher(path).matches();
  }
}
