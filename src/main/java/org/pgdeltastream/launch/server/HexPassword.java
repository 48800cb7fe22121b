package org.pgdeltastream.launch.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HexFormat;
import org.apache.openejb.cipher.PasswordCipher;

/**
 * Hands a password to TomEE letter by letter: in a property's plain text TomEE would replace {@code
 * ${…}} and take {@code cipher:} for its own. It hides nothing. TomEE makes it by its class name.
 */
public final class HexPassword implements PasswordCipher {
  @Override
  public char[] encrypt(String password) {
    return HexFormat.of().formatHex(password.getBytes(UTF_8)).toCharArray();
  }

  @Override
  public String decrypt(char[] hex) {
    return new String(HexFormat.of().parseHex(new String(hex)), UTF_8);
  }
}
