/** Which rows a client wants: PostgREST's operators with SQL's logic, decided on a row version. */
@NullMarked
package org.pgdeltastream.filter;

import org.jspecify.annotations.NullMarked;
