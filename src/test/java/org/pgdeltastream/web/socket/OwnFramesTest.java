package org.pgdeltastream.web.socket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgdeltastream.slot.database.Settings.Websocket;

class OwnFramesTest {
  private static final String WILDFLY =
      "WildFly 39.0.1.Final (WildFly Core 31.0.3.Final) - 2.3.23.Final";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Apache Tomcat/10.1.61",
        "IBM WebSphere Liberty/26.0.0.3",
        "Eclipse GlassFish 7.0.21"
      })
  void areWrittenWhereTheyWereTested(String server) {
    assertThat(OwnFrames.areWritten(Websocket.AUTO, server)).isTrue();
    assertThat(OwnFrames.areWritten(Websocket.ENDPOINT, server)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {WILDFLY, "Payara Micro", "Another Server/1.0"})
  void areNotWrittenElsewhereUnlessTold(String server) {
    assertThat(OwnFrames.areWritten(Websocket.AUTO, server)).isFalse();
    assertThat(OwnFrames.areWritten(Websocket.UPGRADE, server)).isTrue();
  }

  @Test
  void areLeftToAServerThatDoesNotSayItsName() {
    assertThat(OwnFrames.areWritten(Websocket.AUTO, "")).isFalse();
  }
}
