package org.pgdeltastream.web.page;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Collections;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.pgdeltastream.change.SlotName;
import org.pgdeltastream.slot.lease.TableReceiver;

/** The answer that a table's bytes go to, compressed if the client asks for it. */
final class TableReply implements TableReceiver {
  private static final int PIECE = 64 << 10;

  private final HttpServletRequest request;
  private final HttpServletResponse response;
  private final String contentType;
  private @Nullable OutputStream out;

  TableReply(HttpServletRequest request, HttpServletResponse response, String contentType) {
    this.request = request;
    this.response = response;
    this.contentType = contentType;
  }

  @Override
  public OutputStream begin(SlotName slot) throws IOException {
    response.setStatus(HttpServletResponse.SC_OK);
    response.setContentType(contentType);
    response.setHeader("Slot-Name", slot.value());
    response.addHeader("Vary", "Accept, Accept-Encoding");
    response.setBufferSize(PIECE);
    OutputStream begun = response.getOutputStream();
    if (Collections.list(request.getHeaders("Accept-Encoding")).stream()
        .anyMatch(TableReply::wantsGzip)) {
      response.setHeader("Content-Encoding", "gzip");
      begun = new FastGzip(begun);
    }
    out = begun;
    return begun;
  }

  boolean hasBegun() {
    return out != null;
  }

  void write(byte[] bytes) throws IOException {
    begun().write(bytes);
  }

  void end() throws IOException {
    begun().close();
  }

  /** What came so far goes out, and then the container closes the connection without an end. */
  void breakOff(RuntimeException failure) throws IOException {
    begun().flush();
    response.flushBuffer();
    throw new IOException("The table could not be read to its end", failure);
  }

  static boolean wantsGzip(String acceptEncoding) {
    return Stream.of(acceptEncoding.toLowerCase(Locale.ROOT).split(",", -1))
        .map(coding -> coding.replace(" ", ""))
        .anyMatch(coding -> coding.matches("(x-)?gzip(;q=(1(\\.0*)?|0\\.0*[1-9][0-9]*))?"));
  }

  private OutputStream begun() {
    if (out == null) {
      throw new IllegalStateException("Nothing was begun");
    }
    return out;
  }

  /** At the level that keeps up with PostgreSQL best. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream out) throws IOException {
      super(out, PIECE);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
