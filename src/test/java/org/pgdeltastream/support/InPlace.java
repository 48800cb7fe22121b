package org.pgdeltastream.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.pgdeltastream.decoder.WalDecoder;

/** Messages as they lie in a receive buffer: what stands around them must not be read. */
public final class InPlace {
  private static final byte[] AROUND = "]}\"{,0,\"".getBytes(StandardCharsets.UTF_8);

  private InPlace() {}

  public static void decode(WalDecoder decoder, byte[] message) throws IOException {
    int end = AROUND.length + message.length;
    byte[] buffer = Arrays.copyOf(AROUND, end + AROUND.length);
    System.arraycopy(message, 0, buffer, AROUND.length, message.length);
    System.arraycopy(AROUND, 0, buffer, end, AROUND.length);
    decoder.decode(buffer, AROUND.length, end);
    Arrays.fill(buffer, (byte) 'x'); // the next message comes over it
  }
}
