package org.pgdeltastream.replication.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class RoundTripsTest {
  private static final long MICROSECOND = 1000;

  private final RoundTrips trips = new RoundTrips();

  @Test
  void takesTheLeastOnTheSameMachineAndNearIt() throws Exception {
    assertThat(trips.receiveBuffer(address(127, 0, 0, 1))).isEqualTo(16 * 1024);
    assertThat(after(50 * MICROSECOND)).isEqualTo(16 * 1024);
  }

  @Test
  void growsWithTheRoundTripUpToWhatSystemsGrant() throws Exception {
    assertThat(after(500 * MICROSECOND)).isEqualTo(100_000);
    assertThat(after(2000 * MICROSECOND)).isEqualTo(200 * 1024);
  }

  @Test
  void leavesItToTheSystemFarAwayAndBeforeItWasConnected() throws Exception {
    assertThat(trips.receiveBuffer(address(192, 0, 2, 1))).isZero();
    assertThat(after(2001 * MICROSECOND)).isZero();
  }

  @Test
  void believesTheShortest() throws Exception {
    InetAddress host = address(192, 0, 2, 2);
    trips.took(host, 300 * MICROSECOND);
    trips.took(host, 200 * MICROSECOND);
    trips.took(host, 9000 * MICROSECOND);

    assertThat(trips.receiveBuffer(host)).isEqualTo(40_000);
  }

  private int after(long nanos) throws UnknownHostException {
    InetAddress host = address(192, 0, 2, (int) (nanos % 251));
    trips.took(host, nanos);
    return trips.receiveBuffer(host);
  }

  private static InetAddress address(int... parts) throws UnknownHostException {
    return InetAddress.getByAddress(
        new byte[] {(byte) parts[0], (byte) parts[1], (byte) parts[2], (byte) parts[3]});
  }
}
