/** The exclusive stream over a websocket: handshake, parameters, acknowledgements. */
@NullMarked
package org.pgdeltastream.web.stream;

import org.jspecify.annotations.NullMarked;
