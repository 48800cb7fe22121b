/**
 * The websocket's frames (RFC 6455): a server's are written, a client's are read and checked, a
 * handshake is checked. Knows neither sockets nor what messages mean.
 */
@NullMarked
package org.pgdeltastream.framing;

import org.jspecify.annotations.NullMarked;
