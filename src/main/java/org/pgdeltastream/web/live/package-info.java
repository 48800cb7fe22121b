/** Feeds for clients: websocket, server-sent events and pull, from one address. */
@NullMarked
package org.pgdeltastream.web.live;

import org.jspecify.annotations.NullMarked;
