/** The JAX-RS resources and the bodies that they answer with. */
@NullMarked
package org.pgdeltastream.web.rest;

import org.jspecify.annotations.NullMarked;
