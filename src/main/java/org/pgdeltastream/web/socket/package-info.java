/**
 * Sends text frames to one client, through the container's websocket or on an upgraded connection,
 * and names close codes.
 */
@NullMarked
package org.pgdeltastream.web.socket;

import org.jspecify.annotations.NullMarked;
