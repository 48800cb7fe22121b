/**
 * TomEE in this process: its connectors, limits and error documents. Only this package knows TomEE.
 */
@NullMarked
package org.pgdeltastream.launch.server;

import org.jspecify.annotations.NullMarked;
