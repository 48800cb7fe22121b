package org.pgdeltastream.slot.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pgdeltastream.slot.upstream.StreamState.Event;

class StreamStateTest {
  @Test
  void goesFromConnectingToStreamingWithOrWithoutACatchUp() {
    assertThat(StreamState.CONNECTING.on(Event.CAUGHT_UP)).isEqualTo(StreamState.STREAMING);
    assertThat(StreamState.CONNECTING.on(Event.BEHIND)).isEqualTo(StreamState.CATCHING_UP);
    assertThat(StreamState.CATCHING_UP.on(Event.CAUGHT_UP)).isEqualTo(StreamState.STREAMING);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTING", "CATCHING_UP", "STREAMING"})
  void isHeldWhenPostgresIsLostAndConnectsAgain(StreamState lost) {
    assertThat(lost.on(Event.LOST)).isEqualTo(StreamState.HOLDING);
    assertThat(StreamState.HOLDING.on(Event.RETRY)).isEqualTo(StreamState.CONNECTING);
  }

  @ParameterizedTest
  @EnumSource(names = {"CONNECTING", "CATCHING_UP", "STREAMING", "HOLDING"})
  void canBeToldToEndAtAnyTime(StreamState state) {
    assertThat(state.on(Event.END)).isEqualTo(StreamState.ENDING);
  }

  @ParameterizedTest
  @EnumSource(
      value = Event.class,
      names = {"ENDED"},
      mode = EnumSource.Mode.EXCLUDE)
  void isNotLedBackOnceItEnds(Event event) {
    assertThat(StreamState.ENDING.on(event)).isEqualTo(StreamState.ENDING);
  }

  @Test
  void isOverOnceAndForAll() {
    assertThat(StreamState.ENDING.on(Event.ENDED)).isEqualTo(StreamState.OVER);
    assertThat(StreamState.OVER.on(Event.END)).isEqualTo(StreamState.OVER);
    Set<Event> others = EnumSet.complementOf(EnumSet.of(Event.END));
    for (Event event : others) {
      assertThatThrownBy(() -> StreamState.OVER.on(event))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("OVER");
    }
  }
}
