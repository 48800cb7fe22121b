/** The WAR as its users see it: through HTTP, a websocket and PostgreSQL, on any server. */
@NullMarked
package org.pgdeltastream.blackbox;

import org.jspecify.annotations.NullMarked;
