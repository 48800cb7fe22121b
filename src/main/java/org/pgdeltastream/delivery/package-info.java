/**
 * A client's place in the stream: what it was sent, what it has acknowledged, when a send makes no
 * progress, why a stream ends. Knows neither websocket nor PostgreSQL. {@code slot} and {@code web}
 * call it.
 */
@NullMarked
package org.pgdeltastream.delivery;

import org.jspecify.annotations.NullMarked;
