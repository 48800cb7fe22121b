package org.pgdeltastream.web.live;

import java.security.Principal;
import java.util.Optional;
import java.util.function.Function;
import org.pgdeltastream.rights.Bearer;
import org.pgdeltastream.slot.admission.Caller;

/**
 * Whose client a websocket of the container's API is: the API passes nothing else of the handshake.
 *
 * @param verifier says whose a token is that comes later; empty: an operator's
 */
record Peer(Caller caller, Function<String, Optional<Bearer>> verifier) implements Principal {
  @Override
  public String getName() {
    return caller.address();
  }
}
