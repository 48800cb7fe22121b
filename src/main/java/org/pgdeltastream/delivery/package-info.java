/**
 * A client's position in the stream: what it was sent, what it has acknowledged, when a send makes
 * no progress, why a stream ends. Knows neither websocket nor PostgreSQL.
 */
@NullMarked
package org.pgdeltastream.delivery;

import org.jspecify.annotations.NullMarked;
