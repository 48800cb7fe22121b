package org.pgdeltastream.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.255.255.254",
        "::1",
        "0:0:0:0:0:0:0:1",
        "::1%lo",
        "[::1]",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1"
      })
  void knowsThisMachinesAddresses(String address) {
    assertThat(Hosts.isLoopbackAddress(address)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost",
        "127.0.0",
        "127.0.0.256",
        "127.0.0.1.2",
        "128.0.0.1",
        "0.0.0.0",
        "::",
        "::2",
        "::ffff:10.0.0.1",
        ":",
        "1::2::3",
        "127.0.0.1:80"
      })
  void knowsNoOtherAddress(String address) {
    assertThat(Hosts.isLoopbackAddress(address)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost:8080",
        "LocalHost",
        "console.localhost",
        "a.b.localhost:1",
        "127.0.0.1",
        "127.8.9.10:8080",
        "[::1]",
        "[::1]:8080"
      })
  void knowsThisMachinesNames(String host) {
    assertThat(Hosts.isLoopback(host)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":8080",
        "localhost.",
        ".localhost",
        "a..localhost",
        "xlocalhost",
        "localhost.evil.com",
        "localhost:8080:1",
        "localhost:",
        "localhost:x",
        "localhost ",
        "127.0.0.1.nip.io",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.01",
        "10.0.0.1",
        "::1",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "user@localhost"
      })
  void knowsNoOtherName(String host) {
    assertThat(Hosts.isLoopback(host)).isFalse();
  }
}
