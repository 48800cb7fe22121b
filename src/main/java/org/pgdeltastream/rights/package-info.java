/** Who may see what: roles, and what a token says of its bearer. */
@NullMarked
package org.pgdeltastream.rights;

import org.jspecify.annotations.NullMarked;
