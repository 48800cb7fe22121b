/**
 * TomEE in this process: its connectors, limits and error documents. The only place that knows
 * TomEE.
 */
@NullMarked
package org.pgdeltastream.launch.server;

import org.jspecify.annotations.NullMarked;
