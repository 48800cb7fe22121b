package org.pgdeltastream.decoder;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.Charset;
import java.util.Map;
import java.util.Optional;

/**
 * The encoding of a database, in which output plugins leave bytes that PostgreSQL does not convert:
 * all that wal2json writes, and the content of logical messages. Each is ASCII below 0x80.
 *
 * <p>Source: manual, "Supported Character Sets".
 */
public record ServerEncoding(String name, Charset charset) {
  public static final ServerEncoding OF_MOST = new ServerEncoding("UTF8", UTF_8);

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("UTF8", "UTF-8"),
          Map.entry("SQL_ASCII", "UTF-8"), // unknown; what is no UTF-8 is replaced
          Map.entry("LATIN1", "ISO-8859-1"),
          Map.entry("LATIN2", "ISO-8859-2"),
          Map.entry("LATIN3", "ISO-8859-3"),
          Map.entry("LATIN4", "ISO-8859-4"),
          Map.entry("LATIN5", "ISO-8859-9"),
          Map.entry("LATIN7", "ISO-8859-13"),
          Map.entry("LATIN9", "ISO-8859-15"),
          Map.entry("LATIN10", "ISO-8859-16"),
          Map.entry("ISO_8859_5", "ISO-8859-5"),
          Map.entry("ISO_8859_6", "ISO-8859-6"),
          Map.entry("ISO_8859_7", "ISO-8859-7"),
          Map.entry("ISO_8859_8", "ISO-8859-8"),
          Map.entry("KOI8R", "KOI8-R"),
          Map.entry("KOI8U", "KOI8-U"),
          Map.entry("WIN866", "IBM866"),
          Map.entry("WIN874", "x-windows-874"),
          Map.entry("WIN1250", "windows-1250"),
          Map.entry("WIN1251", "windows-1251"),
          Map.entry("WIN1252", "windows-1252"),
          Map.entry("WIN1253", "windows-1253"),
          Map.entry("WIN1254", "windows-1254"),
          Map.entry("WIN1255", "windows-1255"),
          Map.entry("WIN1256", "windows-1256"),
          Map.entry("WIN1257", "windows-1257"),
          Map.entry("WIN1258", "windows-1258"),
          Map.entry("EUC_JP", "EUC-JP"),
          Map.entry("EUC_CN", "GB2312"),
          Map.entry("EUC_KR", "EUC-KR"),
          Map.entry("EUC_TW", "x-EUC-TW"));

  /** Of this name in PostgreSQL; empty where Java does not know it. */
  public static Optional<ServerEncoding> of(String name) {
    return Optional.ofNullable(NAMES.get(name))
        .filter(Charset::isSupported)
        .map(charset -> new ServerEncoding(name, Charset.forName(charset)));
  }

  /** PostgreSQL checks what comes in. */
  boolean isSureToBeUtf8() {
    return name.equals("UTF8");
  }

  /** The same text in UTF-8; what is no text has replacement characters. */
  static byte[] toUtf8(byte[] bytes, int start, int end, Charset encoding) {
    return new String(bytes, start, end - start, encoding).getBytes(UTF_8);
  }

  static boolean isAscii(byte[] bytes, int start, int end) {
    for (int i = start; i < end; i++) {
      if (bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }
}
