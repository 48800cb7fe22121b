/**
 * What the outside sees: JAX-RS resources, the websocket endpoint, bodies, status and close codes,
 * access control. Nobody calls it but the container.
 */
@NullMarked
package org.pgdeltastream.web;

import org.jspecify.annotations.NullMarked;
