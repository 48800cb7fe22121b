package org.pgdeltastream.web.stream;

/** Which paths are a stream's or a tail's. */
public final class StreamPaths {
  private StreamPaths() {}

  public static boolean isFor(String path) {
    return StreamRequest.isFor(path);
  }
}
