/** Reads the file of roles. */
@NullMarked
package org.pgdeltastream.web.rights;

import org.jspecify.annotations.NullMarked;
