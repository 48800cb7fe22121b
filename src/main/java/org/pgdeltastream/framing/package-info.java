/**
 * The websocket's frames (RFC 6455): writes a server's, reads and checks a client's, checks a
 * handshake. Knows neither sockets nor what messages mean.
 */
@NullMarked
package org.pgdeltastream.framing;

import org.jspecify.annotations.NullMarked;
